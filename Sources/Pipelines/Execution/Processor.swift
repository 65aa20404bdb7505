import Foundation

/// The processor that a stage runs on, in words: `AMD EPYC, 2 cores`.
enum Processor {
    static let description: String = {
        let count = ProcessInfo.processInfo.activeProcessorCount
        return "\(model ?? "unknown processor"), \(count) core\(count == 1 ? "" : "s")"
    }()

    /// As Linux names it; nil where it doesn't.
    private static var model: String? {
        guard let file = FileHandle(forReadingAtPath: "/proc/cpuinfo"), let data = try? file.read(upToCount: 4_096)
        else {
            return nil
        }
        let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
    }
}
