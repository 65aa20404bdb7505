/// YAML text in which repeated keys are told apart by a mark, since the parser stops at the first repetition.
///
/// The mark is one private-use character in front of the key's name; places are mapped back to the original text.
struct RenamedKeys {
    private static let firstMark: UInt32 = 0xE000
    private static let limit = 32
    /// Each repetition costs another pass over the text.
    private static let maximumBytesRead = 8 << 20

    private(set) var text: String
    /// Original columns of the marked keys by line, sorted.
    private var columns: [Int: [Int]] = [:]
    private var count = 0
    private let canRename: Bool

    init(_ text: String) {
        self.text = text
        // The marks' UTF-8 begins with EE, which little else does.
        canRename = !text.utf8.contains(0xEE) || !text.unicodeScalars.contains(where: Self.isMark)
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        (firstMark..<firstMark + UInt32(limit)).contains(scalar.value)
    }

    /// The key as written.
    static func original(_ key: String) -> String {
        guard let first = key.unicodeScalars.first, isMark(first) else { return key }
        return String(key.unicodeScalars.dropFirst())
    }

    /// Marks the key at a place of `text`; false if it can't be, because it isn't a simple name or there are too many.
    mutating func rename(line: Int, column: Int) -> Bool {
        guard canRename, count < Self.limit, (count + 2) * text.utf8.count <= Self.maximumBytesRead,
            let mark = Unicode.Scalar(Self.firstMark + UInt32(count)),
            var index = index(line: line, column: column)
        else { return false }
        let first = text.unicodeScalars[index]
        if first == "\"" || first == "'" {
            index = text.unicodeScalars.index(after: index)
        } else if !(first.properties.isAlphabetic || ("0"..."9").contains(first) || first == "_") {
            return false
        }
        let originalColumn = originalColumn(line: line, column: column)
        text.unicodeScalars.insert(mark, at: index)
        columns[line, default: []].append(originalColumn)
        columns[line]?.sort()
        count += 1
        return true
    }

    /// The column in the original text of a place in `text`.
    func originalColumn(line: Int, column: Int) -> Int {
        guard let marked = columns[line] else { return column }
        var shift = 0
        for original in marked where column > original + shift { shift += 1 }
        return column - shift
    }

    private func index(line: Int, column: Int) -> String.Index? {
        var position = TextPosition()
        let scalars = text.unicodeScalars
        var index = scalars.startIndex
        while index < scalars.endIndex {
            // A line feed after a carriage return still counts to the line before.
            if position.line == line, position.column == column, scalars[index] != "\n" { return index }
            position.advance(over: scalars[index])
            index = scalars.index(after: index)
        }
        return nil
    }
}
