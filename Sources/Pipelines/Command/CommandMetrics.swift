import Artifacts
import Foundation

/// What a program reported in its metrics file: a JSON object, of which the numbers count.
///
/// An object within it becomes names with dots. What is no number costs neither the outputs nor the other metrics.
package struct CommandMetrics {
    package private(set) var numbers: [String: Double] = [:]
    /// What stands where a number was expected, as JSON has it and cut to a readable length.
    package private(set) var words: [String: String] = [:]
    /// Why the file gives no metrics at all.
    package private(set) var problem: String?
    /// Names that more than one value has.
    private var doubled: Set<String> = []

    /// More than a report needs, and little enough to be read at once.
    private static let sizeLimit = 16 << 20
    private static let wordLimit = 60

    /// - Parameter name: The file's path in messages.
    package init(of file: URL, named name: String) {
        var status = stat()
        guard stat(file.path, &status) == 0 else {
            problem = "the command didn't write its metrics file \(name)"
            return
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            problem = "\(name) isn't an ordinary file; expected a JSON object of numbers"
            return
        }
        guard status.st_size <= Self.sizeLimit else {
            problem =
                "\(name) has \(status.st_size) bytes, expected a JSON object of numbers of at most \(Self.sizeLimit)"
            return
        }
        do {
            parse(try Data(contentsOf: file), named: name)
        } catch {
            problem = "\(name) can't be read: \(error.localizedDescription)"
        }
    }

    package init(parsing bytes: Data, named name: String) {
        parse(bytes, named: name)
    }

    private mutating func parse(_ bytes: Data, named file: String) {
        do {
            guard case .object(let members) = try JSONValue(parsing: Self.withoutNumberWords(bytes)) else {
                problem = "\(file) is JSON, but no object; expected one of numbers, such as {\"accuracy\": 0.9}"
                return
            }
            for (key, value) in members.sorted(by: { $0.key < $1.key }) { add(value, as: key) }
            guard let name = doubled.min() else { return }
            (numbers, words) = ([:], [:])
            problem =
                "\(file) gives the metric \(quoted(name)) twice, in objects and with dots in its name; expected each once"
        } catch {
            let reason = StageFailure(describing: error).message
            problem = "\(file) is no JSON object of numbers, such as {\"accuracy\": 0.9}: \(reason)"
        }
    }

    private mutating func add(_ value: JSONValue, as name: String) {
        // As `{"a.b": 1, "a": {"b": 2}}` does.
        if numbers[name] != nil || words[name] != nil {
            doubled.insert(name)
            return
        }
        switch value {
        case .int(let number): numbers[name] = Double(number)
        case .double(let number): numbers[name] = number
        case .string(let text):
            if let number = Self.numberWords[text] {
                numbers[name] = number
            } else {
                words[name] = Self.cut(value.canonical)
            }
        case .object(let members) where !members.isEmpty:
            for (key, value) in members.sorted(by: { $0.key < $1.key }) { add(value, as: "\(name).\(key)") }
        case .bool, .null, .array, .object: words[name] = Self.cut(value.canonical)
        }
    }

    private static func cut(_ text: String) -> String {
        text.count <= wordLimit ? text : "\(text.prefix(wordLimit - 1))…"
    }

    /// What Python writes where JSON has no number, by the text that stands for it while the file is parsed: no file can hold
    /// that as a string of its own by accident.
    private static let numberWords: [String: Double] = [
        "\u{1}NaN": .nan, "\u{1}Infinity": .infinity, "\u{1}-Infinity": -.infinity,
    ]

    /// The JSON with `NaN`, `Infinity` and `-Infinity` outside of strings as strings, and without a byte order mark.
    private static func withoutNumberWords(_ bytes: Data) -> [UInt8] {
        let source = Array(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes)
        var result: [UInt8] = []
        result.reserveCapacity(source.count)
        var isInString = false
        var place = 0
        while place < source.count {
            let byte = source[place]
            if isInString {
                if byte == UInt8(ascii: "\\"), place + 1 < source.count {
                    result += source[place...(place + 1)]
                    place += 2
                    continue
                }
                isInString = byte != UInt8(ascii: "\"")
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
            } else if let word = ["NaN", "Infinity", "-Infinity"].first(where: {
                source[place...].starts(with: $0.utf8)
            }) {
                result += "\"\\u0001\(word)\"".utf8
                place += word.utf8.count
                continue
            }
            result.append(byte)
            place += 1
        }
        return result
    }
}
