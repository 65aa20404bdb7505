/// The entities of a document type declaration, and where it ends.
struct DocumentType {
    private(set) var entities: [XMLEntities.Declaration] = []
    /// What to say of a default value of an attribute that may say what became of a test.
    private(set) var defaults: String?
    private(set) var end = 0
    private(set) var isCut = false

    private let markup: Markup

    /// - Parameter start: Of `<!DOCTYPE`.
    init(at start: Int, in markup: Markup) {
        self.markup = markup
        var position = start + 9
        var isInSubset = false
        scan: while true {
            guard position < markup.count else {
                isCut = true
                break
            }
            switch markup[position] {
            case UInt8(ascii: "["):
                isInSubset = true
                position += 1
            case UInt8(ascii: "]"):
                isInSubset = false
                position += 1
            case UInt8(ascii: ">") where !isInSubset:
                position += 1
                break scan
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                let close = markup.find(markup[position], position + 1)
                // One that isn't closed is none.
                position = close < markup.count ? close + 1 : position + 1
            case UInt8(ascii: "<"):
                if markup.follows("<!ENTITY", position) {
                    position = entity(position + 8)
                } else if markup.follows("<!ATTLIST", position) {
                    let close = end(ofDeclaration: position + 9)
                    defaults =
                        defaults
                        ?? AttributeDefaults.first(
                            inDeclaration: markup.string(position + 9, min(close, position + 100_000)))
                    position = close
                } else if markup.follows("<!--", position) {
                    position = markup.next("-->", position + 4).map { $0 + 3 } ?? position + 4
                } else if markup.tag(position) != nil {
                    // The declaration has no end.
                    break scan
                } else {
                    position += 1
                }
            default: position += 1
            }
        }
        end = min(position, markup.count)
    }

    /// The `>` of a declaration that isn't in a value.
    private func end(ofDeclaration start: Int) -> Int {
        var position = start
        while position < markup.count, markup[position] != UInt8(ascii: ">") {
            let quote = markup[position]
            position += 1
            guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { continue }
            let close = markup.find(quote, position)
            if close < markup.count { position = close + 1 }
        }
        return position
    }

    private mutating func entity(_ start: Int) -> Int {
        var position = markup.skipSpace(start)
        let isParameter = markup[position] == UInt8(ascii: "%")
        if isParameter { position = markup.skipSpace(position + 1) }
        var nameEnd = position
        while nameEnd < markup.count, Markup.continuesName(markup[nameEnd]) { nameEnd += 1 }
        let name = markup.string(position, min(nameEnd, position + 100))
        position = markup.skipSpace(nameEnd)
        let quote = markup[position]
        let isLiteral = quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
        var content = ""
        if isLiteral {
            let close = markup.find(quote, position + 1)
            content = markup.string(position + 1, min(close, position + 1 + 100_000))
            position = close + 1
        }
        if !name.isEmpty {
            entities.append(
                XMLEntities.Declaration(
                    name: name, content: XMLEntities.literal(content), isInternal: isLiteral && !isParameter))
        }
        return min(position, markup.count)
    }
}
