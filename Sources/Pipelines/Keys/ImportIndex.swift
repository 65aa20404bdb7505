import Artifacts
import Foundation
import Glibc
import Synchronization

/// What is known of files that were imported, by path: the file `imported` of a store, a line an import, the last one counting.
///
/// `SIZE DEVICE INODE MODIFIED CHANGED BLOB ARTIFACT PATH`. It only spares readings: a line that is torn or lost costs one.
final class ImportIndex: Sendable {
    struct Entry: Hashable, Sendable {
        let signature: FileSignature
        let blob: Digest
        let artifact: Digest
    }

    private let file: URL
    private let entries: Mutex<[String: Entry]>

    init(_ file: URL) {
        self.file = file
        // An array's bytes are gone through several times as fast as a Data's.
        let bytes = (try? Data(contentsOf: file)).map(Array.init) ?? []
        var entries: [String: Entry] = [:]
        var lines = 0
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            lines += 1
            if let (path, entry) = Self.parse(line) { entries[path] = entry }
        }
        self.entries = Mutex(entries)
        // Losing a race with another run loses its line.
        if lines > 2 * entries.count + 64 {
            let text = entries.sorted { $0.key < $1.key }.map { Self.line($0.key, $0.value) }.joined()
            try? WholeFile.write(Data(text.utf8), to: file)
        }
    }

    subscript(path: String) -> Entry? { entries.withLock { $0[path] } }

    /// - Throws: `StoreError` if the line can't be written.
    func remember(_ entry: Entry, at path: String) throws {
        entries.withLock { $0[path] = entry }
        if path.utf8.contains(UInt8(ascii: "\n")) { return }
        try WholeFile.append(Data(Self.line(path, entry).utf8), to: file)
    }

    private static func line(_ path: String, _ entry: Entry) -> String {
        let signature = entry.signature
        return "\(signature.size) \(signature.device) \(signature.inode) \(signature.modified) \(signature.changed) "
            + "\(entry.blob) \(entry.artifact) \(path)\n"
    }

    private static func parse(_ line: ArraySlice<UInt8>) -> (String, Entry)? {
        let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 7, omittingEmptySubsequences: false)
            .compactMap { String(validating: $0, as: UTF8.self) }
        guard fields.count == 8, let size = Int(fields[0]), let device = UInt64(fields[1]),
            let inode = UInt64(fields[2]), let modified = Int64(fields[3]), let changed = Int64(fields[4]),
            let blob = Digest(hex: fields[5]), let artifact = Digest(hex: fields[6])
        else { return nil }
        let signature = FileSignature(
            size: size, device: device, inode: inode, modified: modified, changed: changed)
        return (fields[7], Entry(signature: signature, blob: blob, artifact: artifact))
    }
}
