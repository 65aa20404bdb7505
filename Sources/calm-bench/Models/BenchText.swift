import Foundation

/// Real text for tokenizers: files, and folders with all that they hold, one after the other.
enum BenchText {
    /// More would only take longer.
    static let mostBytes = 4 << 20

    /// - Throws: What reading throws; an error if there is no text, or one of the paths isn't there.
    static func read(_ paths: [String]) throws -> String {
        var text = ""
        for path in paths {
            for file in try files(path) where text.utf8.count < mostBytes {
                // What isn't UTF-8 is no text.
                guard let content = try String(validating: Data(contentsOf: file), as: UTF8.self) else { continue }
                text += content
            }
        }
        guard !text.isEmpty else { throw PeerError("no text in \(paths.joined(separator: ", "))") }
        return text.utf8.count > mostBytes ? String(decoding: text.utf8.prefix(mostBytes), as: UTF8.self) : text
    }

    private static func files(_ path: String) throws -> [URL] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw PeerError("no file or folder is at \(path)")
        }
        let url = URL(fileURLWithPath: path)
        guard isFolder.boolValue else { return [url] }
        return try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
            .map { url.appendingPathComponent($0) }
            .filter { try $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true }
    }
}
