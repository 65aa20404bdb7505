import Artifacts
import Foundation
import Glibc
import Synchronization

/// What is known of files that were imported, by path: the file `imported` of a store, a line an import, the last one counting.
///
/// `SIZE DEVICE INODE MODIFIED CHANGED BLOB ARTIFACT PATH`, with `x` behind the size of a file that may be executed and `-` for
/// the artifact of one that was only read as a part of a folder. A folder or a glob has a line as well, with its kind before its
/// path, the number of its members for a size, zeros, and the digest of their names and blobs for a blob. It all only spares
/// readings: a line that is torn or lost costs one.
final class ImportIndex: Sendable {
    struct Entry: Hashable, Sendable {
        let signature: FileSignature
        let blob: Digest
        let artifact: Digest?
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

    /// - Throws: `StoreError` if the lines can't be written.
    func remember(_ new: [(path: String, entry: Entry)]) throws {
        entries.withLock { entries in
            for (path, entry) in new { entries[path] = entry }
        }
        let lines = new.filter { !$0.path.utf8.contains(UInt8(ascii: "\n")) }.map { Self.line($0.path, $0.entry) }
        if !lines.isEmpty { try WholeFile.append(Data(lines.joined().utf8), to: file) }
    }

    private static func line(_ path: String, _ entry: Entry) -> String {
        let signature = entry.signature
        return "\(signature.size)\(signature.isExecutable ? "x" : "") \(signature.device) \(signature.inode) "
            + "\(signature.modified) \(signature.changed) \(entry.blob) \(entry.artifact?.hex ?? "-") \(path)\n"
    }

    private static func parse(_ line: ArraySlice<UInt8>) -> (String, Entry)? {
        var rest = line
        func field() -> ArraySlice<UInt8> {
            let field = rest.prefix { $0 != UInt8(ascii: " ") }
            rest = rest[field.endIndex...].dropFirst()
            return field
        }
        var size = field()
        let isExecutable = size.last == UInt8(ascii: "x")
        if isExecutable { size.removeLast() }
        guard let size = Int(ascii: size), let device = Int(ascii: field()), let inode = Int(ascii: field()),
            let modified = Int(ascii: field()), let changed = Int(ascii: field()),
            let blob = Digest(hex: String(decoding: field(), as: UTF8.self))
        else { return nil }
        let artifact = field()
        let isPart = artifact.elementsEqual([UInt8(ascii: "-")])
        let digest = isPart ? nil : Digest(hex: String(decoding: artifact, as: UTF8.self))
        guard isPart || digest != nil, !rest.isEmpty, let path = String(validating: rest, as: UTF8.self) else {
            return nil
        }
        let signature = FileSignature(
            size: size, device: UInt64(bitPattern: Int64(device)), inode: UInt64(bitPattern: Int64(inode)),
            modified: Int64(modified), changed: Int64(changed), isExecutable: isExecutable)
        return (path, Entry(signature: signature, blob: blob, artifact: digest))
    }
}

extension Int {
    /// A decimal number with an optional minus; several times as fast as through a string. Unsigned ones keep their bits.
    fileprivate init?(ascii digits: ArraySlice<UInt8>) {
        let isNegative = digits.first == UInt8(ascii: "-")
        let digits = isNegative ? digits.dropFirst() : digits
        guard !digits.isEmpty, digits.count <= 20 else { return nil }
        var value = UInt64(0)
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(UInt64(digit - 48))
            guard !isTooLarge, !carries else { return nil }
            value = sum
        }
        self = isNegative ? 0 &- Int(bitPattern: UInt(value)) : Int(bitPattern: UInt(value))
    }
}
