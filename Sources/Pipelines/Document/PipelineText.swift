import Foundation

/// Reads a pipeline file as text that YAML accepts.
enum PipelineText {
    static let maximumBytes = 4 << 20

    /// - Throws: one diagnostic if the file can't be read, is too large, isn't UTF-8 or has control characters.
    static func read(_ file: URL, as name: String) throws(Diagnostic) -> String {
        let whole = SourceLocation(file: name, line: 0, column: 0)
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: file.path, isDirectory: &isDirectory) else {
            throw Diagnostic(whole, "no such file; expected a pipeline in YAML")
        }
        if isDirectory.boolValue { throw Diagnostic(whole, "found a directory, expected a pipeline file in YAML") }
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: file)
            defer { try? handle.close() }
            data = try handle.read(upToCount: maximumBytes + 1) ?? Data()
        } catch {
            throw Diagnostic(whole, "the file can't be read: \(error.localizedDescription)")
        }
        return try text(of: data, as: name)
    }

    /// The text without a byte order mark.
    static func text(of data: Data, as name: String) throws(Diagnostic) -> String {
        guard data.count <= maximumBytes else {
            let whole = SourceLocation(file: name, line: 0, column: 0)
            throw Diagnostic(whole, "the file is larger than 4 MB, the limit for a pipeline")
        }
        let bytes = data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data
        // Most pipelines are ASCII, where a look at each byte will do, and Data's own iterator takes long for that.
        let isPlain = bytes.withUnsafeBytes { buffer in
            var others = 0
            // No way out before the end, so that many bytes are looked at in one instruction.
            for byte in buffer {
                let isPrinted = byte &- 0x20 <= 0x7E - 0x20
                let isSpace = byte == 0x0A || byte == 0x09 || byte == 0x0D
                others &+= isPrinted || isSpace ? 0 : 1
            }
            return others == 0
        }
        if isPlain { return String(decoding: bytes, as: UTF8.self) }
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var text = String.UnicodeScalarView()
        var position = TextPosition()
        while true {
            switch decoder.decode(&iterator) {
            case .emptyInput: return String(text)
            case .error:
                throw Diagnostic(position.location(in: name), "found a byte that isn't UTF-8, expected UTF-8 text")
            case .scalarValue(let scalar):
                guard isPrintable(scalar) else {
                    let code = String(scalar.value, radix: 16, uppercase: true)
                    let padding = String(repeating: "0", count: max(0, 4 - code.count))
                    throw Diagnostic(
                        position.location(in: name),
                        "found the character U+\(padding)\(code), which YAML does not allow; write an escape in double quotes"
                    )
                }
                text.append(scalar)
                position.advance(over: scalar)
            }
        }
    }

    /// YAML 1.2's c-printable (§5.1), as far as libyaml accepts it.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF:
            true
        default: false
        }
    }
}

/// Counts lines and columns the way libyaml does.
struct TextPosition {
    private(set) var line = 1
    private(set) var column = 1
    private var afterCarriageReturn = false

    mutating func advance(over scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x0A where afterCarriageReturn:
            break
        case 0x0A, 0x0D, 0x85, 0x2028, 0x2029:
            line += 1
            column = 1
        default:
            column += 1
        }
        afterCarriageReturn = scalar.value == 0x0D
    }

    func location(in file: String) -> SourceLocation { SourceLocation(file: file, line: line, column: column) }
}
