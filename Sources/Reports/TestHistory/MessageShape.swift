/// A failure's message with all that varies from one run to the next masked, so that failures of one cause are one cluster.
///
/// The first line that says something, at most 200 characters of it. In this order: quoted parts become `'…'`, words that
/// hold a slash `PATH`, words of eight or more hexadecimal digits with at least one decimal, or that begin with `0x`, and UUIDs
/// `HEX`, words that begin with a digit and hold a colon between digits `TIME`, and runs of digits (a point or a comma between
/// them) `N`.
package func messageShape(_ message: String) -> String {
    let line = message.split(whereSeparator: \.isNewline).first { $0.contains { !$0.isWhitespace } } ?? ""
    var shape = ""
    var quote: Character?
    var word = ""
    func mask(_ word: String) -> String {
        if word.contains("/") || word.contains("\\") { return "PATH" }
        let core = word.drop { !$0.isLetter && !$0.isNumber }
        let hex = core.prefix { $0.isHexDigit }
        if core.hasPrefix("0x")
            || (hex.count >= 8 && hex.contains(where: \.isNumber) && hex.contains(where: \.isLetter))
        {
            return "HEX"
        }
        if isUUID(core) { return "HEX" }
        if core.first?.isNumber == true, isTime(core) { return "TIME" }
        var masked = ""
        var isNumber = false
        for character in word {
            if character.isASCII && character.isNumber {
                if !isNumber { masked += "N" }
                isNumber = true
            } else if isNumber && (character == "." || character == ",") {
                continue
            } else {
                isNumber = false
                masked.append(character)
            }
        }
        return masked
    }
    for character in line.prefix(400) {
        if let open = quote {
            if character == open {
                shape += "'…'"
                quote = nil
            }
        } else if "\"`".contains(character) || (character == "'" && word.isEmpty) {
            shape += mask(word)
            word = ""
            quote = character
        } else if character.isWhitespace {
            shape += mask(word) + " "
            word = ""
        } else {
            word.append(character)
        }
    }
    shape += quote == nil ? mask(word) : "'…'"
    return String(shape.prefix(200)).split(separator: " ").joined(separator: " ")
}

private func isUUID(_ word: Substring) -> Bool {
    let groups = word.prefix(36).split(separator: "-", omittingEmptySubsequences: false)
    return groups.map(\.count) == [8, 4, 4, 4, 12] && groups.allSatisfy { $0.allSatisfy(\.isHexDigit) }
}

/// Such as `09:00:00.123` and `2026-11-25T09:00:00Z`.
private func isTime(_ word: Substring) -> Bool {
    var last: Character = " "
    var isAfterColon = false
    for character in word {
        if isAfterColon, character.isNumber { return true }
        isAfterColon = character == ":" && last.isNumber
        last = character
    }
    return false
}
