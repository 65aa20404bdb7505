import Foundation
import Glibc

extension Store {
    /// The most content accepted where nothing says how much there should be: in memory, and in a file.
    private static let memoryLimit = 4 << 30
    private static let fileLimit = 64 << 30
    private static let chunk = 1 << 20

    /// A blob's content, verified; the bytes are aligned to 64.
    ///
    /// - Parameter expected: the size that a manifest gives: another size is damage, found before any memory is taken.
    /// - Throws: `StoreError` with `.missing`, `.damaged` (the object is set aside, so that the next run makes it
    ///   anew) or `.io`.
    package func data(_ digest: Digest, expecting expected: Int? = nil) throws -> Data {
        try settingAsideDamage(of: digest) {
            var reader = try ObjectReader(digest, in: self, expecting: expected, limit: Self.memoryLimit)
            let announced = expected ?? reader.announcedSize
            if let announced, UInt64(announced) > ProcessInfo.processInfo.physicalMemory {
                throw StoreError(.full, "blob \(digest) has \(announced) bytes, more than this machine has memory")
            }
            // One byte more than announced, so that the last read can see the frame's end and what follows.
            var block = try Block(capacity: (announced ?? Self.chunk) + 1)
            var count = 0
            while true {
                if count == block.capacity { try block.grow(to: count * 2) }
                // Pieces that stay in the core's cache between decompressing and hashing.
                let got = try reader.read(into: block.bytes(count..<min(count + Self.chunk, block.capacity)))
                if got == 0 { break }
                count += got
            }
            return block.data(count: count)
        }
    }

    /// Writes a blob's content to a file, streamed, verified and atomic; not synced to the disk, since the store has it.
    ///
    /// - Throws: `StoreError` as `data(_:expecting:)`, and `.full` or `.readOnly` for the destination.
    package func copy(_ digest: Digest, to url: URL, expecting expected: Int? = nil, mode: mode_t = 0o644) throws {
        try settingAsideDamage(of: digest) {
            var reader = try ObjectReader(digest, in: self, expecting: expected, limit: Self.fileLimit)
            // Without the file's own name, which may be as long as names can be.
            let file = try TemporaryFile(at: "\(Folder.parent(of: url.path))/.\(TemporaryName.next())")
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 64)
            defer { buffer.deallocate() }
            while true {
                let got = try reader.read(into: buffer)
                if got == 0 { break }
                try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
            }
            try file.commit(to: url.path, mode: mode, isDurable: false)
        }
    }

    /// Gives a blob's content piece by piece. Only the end tells that all of it was right: whoever passes pieces on must take
    /// them back if this throws, or say so.
    package func read(
        _ digest: Digest, expecting expected: Int? = nil, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try settingAsideDamage(of: digest) {
            var reader = try ObjectReader(digest, in: self, expecting: expected, limit: Self.fileLimit)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 64)
            defer { buffer.deallocate() }
            while true {
                let got = try reader.read(into: buffer)
                if got == 0 { break }
                try body(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
            }
        }
    }

    /// Reads the object to its end without keeping anything; returns the content's size.
    func check(_ digest: Digest, through buffer: UnsafeMutableRawBufferPointer) throws(StoreError) -> Int {
        var reader = try ObjectReader(digest, in: self, expecting: nil, limit: .max)
        while try reader.read(into: buffer) > 0 {}
        return reader.count
    }

    /// What reading an object gives; if that finds it damaged, it is set aside and its error says where.
    func settingAsideDamage<Result>(of digest: Digest, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as StoreError where error.code == .damaged {
            // A size other than the manifest's may be the manifest's fault: only what fails by itself is set aside.
            guard !isSound(digest, ifUnreadable: true), let place = try? setAside(objectPath(digest), as: digest.hex)
            else { throw error }
            throw StoreError(.damaged, "\(error.message); moved to \(place): run again to make it anew")
        }
    }

    /// Whether the object can be read and its content has this digest.
    ///
    /// - Parameter ifUnreadable: The answer where it can't be told, since reading failed.
    func isSound(_ digest: Digest, ifUnreadable: Bool = false) -> Bool {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 64)
        defer { buffer.deallocate() }
        do {
            _ = try check(digest, through: buffer)
            return true
        } catch {
            return error.code == .damaged ? false : ifUnreadable
        }
    }

    /// The blob with this content, if the store has it, and it is whole: it is read to its end.
    package func member(_ digest: Digest) -> Manifest.Member? {
        guard contains(digest) else { return nil }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 64)
        defer { buffer.deallocate() }
        return (try? check(digest, through: buffer)).map { Manifest.Member(digest: digest, size: $0) }
    }

    /// Whether a damaged execution record of this key was set aside.
    package func isSetAside(execution key: Digest) -> Bool { access("\(path)/quarantine/\(key).json", F_OK) == 0 }

    /// Whether the damaged record of this report was set aside.
    package func isSetAside(report id: Digest) -> Bool { access("\(path)/quarantine/report-\(id).json", F_OK) == 0 }

    /// Moves a damaged file to `quarantine/`; returns its path there.
    package func setAside(_ file: String, as name: String) throws(StoreError) -> String {
        let folder = path + "/quarantine"
        try Folder.create(folder)
        let place = "\(folder)/\(name)"
        guard rename(file, place) == 0 else { throw StoreError(errno: errno, "create", place) }
        try Folder.synchronize(folder)
        return place
    }
}

/// Memory for a blob's content, handed over to a `Data` without copying.
private struct Block: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private(set) var capacity: Int

    init(capacity: Int) throws(StoreError) {
        base = try Self.allocate(capacity)
        self.capacity = capacity
    }

    deinit { free(base) }

    private static func allocate(_ capacity: Int) throws(StoreError) -> UnsafeMutableRawPointer {
        var base: UnsafeMutableRawPointer?
        guard posix_memalign(&base, 64, max(capacity, 1)) == 0, let base else {
            throw StoreError(.full, "no memory for a blob of \(capacity) bytes")
        }
        return base
    }

    mutating func grow(to capacity: Int) throws(StoreError) {
        let larger = try Self.allocate(capacity)
        memcpy(larger, base, self.capacity)
        free(base)
        base = larger
        self.capacity = capacity
    }

    func bytes(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base + range.lowerBound, count: range.count)
    }

    consuming func data(count: Int) -> Data {
        let data = Data(bytesNoCopy: base, count: count, deallocator: .free)
        discard self
        return data
    }
}
