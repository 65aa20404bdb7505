import Artifacts
import Foundation

/// What a program reported in its metrics file: a JSON object, of which the numbers count.
///
/// An object within it becomes names with dots. What is no number, or is given more than once, costs neither the outputs nor the
/// other metrics.
package struct CommandMetrics {
    package private(set) var numbers: [String: Double] = [:]
    /// What stands where a number was expected, as JSON has it.
    package private(set) var words: [String: String] = [:]
    /// Why the file gives no metrics at all. It quotes nothing of the file.
    package private(set) var problem: String?

    /// More than a report needs, and little enough to be read at once.
    private static let sizeLimit = 16 << 20

    /// - Parameters:
    ///   - name: The file's path in messages.
    ///   - mask: What is replaced in the text before it is read.
    package init(of file: URL, named name: String, masking mask: SecretMask = SecretMask([])) {
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
            parse(try Data(contentsOf: file), named: name, mask)
        } catch {
            problem = "\(name) can't be read: \(error.localizedDescription)"
        }
    }

    package init(parsing bytes: Data, named name: String, masking mask: SecretMask = SecretMask([])) {
        parse(bytes, named: name, mask)
    }

    private mutating func parse(_ bytes: Data, named file: String, _ mask: SecretMask) {
        do throws(MetricsReader.Failure) {
            var values: [String: [MetricsReader.Value]] = [:]
            for (name, value) in try MetricsReader.read(mask.masking(Array(bytes))) {
                values[name, default: []].append(value)
            }
            for (name, values) in values {
                if values.count == 1, let number = values[0].number {
                    numbers[name] = number
                } else {
                    words[name] = Self.text(values)
                }
            }
        } catch {
            problem = "\(file) is no JSON object of numbers, such as {\"accuracy\": 0.9}: \(error.description)"
        }
    }

    /// One value as it is, several as `both 1 and 2`.
    private static func text(_ values: [MetricsReader.Value]) -> String {
        let shown = values.prefix(3).map(\.text)
        if values.count > 3 { return "\(shown.joined(separator: ", ")) and \(values.count - 3) more" }
        return values.count == 2 ? "both \(shown[0]) and \(shown[1])" : shown.joined(separator: ", ")
    }
}
