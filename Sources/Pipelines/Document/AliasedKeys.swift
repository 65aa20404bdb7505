/// The first place where a composite key stands in a text with many aliases, or nil if there is none.
///
/// The YAML parser compares keys with their aliases expanded, which takes exponential time for a key made of aliases to
/// aliases. A few aliases can do no harm, so only a text with more than eight is refused; the scan errs on that side.
func refusalOfAliasedKeys(in text: String) -> TextPosition? {
    guard text.utf8.contains(UInt8(ascii: "*")) else { return nil }
    var aliases = 0
    var compositeKey: TextPosition?
    var position = TextPosition()
    var previous: Unicode.Scalar = "\n"
    var beforePrevious: Unicode.Scalar = "\n"
    /// Inside `${…}`, whose brace is no flow mapping's.
    var inReference = false
    /// The last character that isn't a blank ends a flow collection or an alias.
    var mayEndKey = false
    var inAlias = false
    for scalar in text.unicodeScalars {
        let isName =
            ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
            || scalar == "_" || scalar == "-"
        if previous == "*", isName {
            aliases += 1
            inAlias = true
        }
        let isBlank = scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r"
        let isExplicitKey = previous == "?" && isBlank && " \t\n\r[{,".unicodeScalars.contains(beforePrevious)
        if compositeKey == nil, isExplicitKey || (scalar == ":" && mayEndKey) { compositeKey = position }
        inAlias = inAlias && isName
        if inAlias || scalar == "]" || (scalar == "}" && !inReference) {
            mayEndKey = true
        } else if !isBlank {
            mayEndKey = false
        }
        if previous == "$", scalar == "{" { inReference = true }
        if scalar == "}" || scalar == "\n" { inReference = false }
        beforePrevious = previous
        previous = scalar
        position.advance(over: scalar)
    }
    return aliases > 8 ? compositeKey : nil
}
