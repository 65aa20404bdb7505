import Foundation

/// All of a file as UTF-8 without characters that XML forbids, whatever its encoding is and says it is.
///
/// Up to 32 MiB are held in memory, more in a temporary file that has no name.
final class ReportText {
    let bytes: UnsafeRawBufferPointer
    /// How many forbidden characters were replaced by `?`.
    let replaced: Int
    /// What had to be guessed of the encoding, for warnings.
    let guesses: [String]
    /// Whether libxml2 sees other characters than in the file.
    let isChanged: Bool
    /// Whether there is markup of tests in it in another encoding than the rest, as of two files put together.
    let holdsOtherEncoding: Bool
    /// Where there is what can't be text.
    let odd: OddBytes
    private let storage: Storage

    /// - Throws: `JUnitProblem.refused` if the file can't be read.
    init(_ file: URL) throws {
        let source = try FileHandle(forReadingFrom: file)
        defer { try? source.close() }
        let start = Array(try source.read(upToCount: 1024) ?? Data())
        try source.seek(toOffset: 0)
        let storage = Storage()
        let encoding = ReportEncoding(of: start)
        var decoder = ReportDecoder(encoding)
        var search = OtherEncodingSearch()
        while let piece = try source.read(upToCount: 1 << 18), !piece.isEmpty {
            search.look(at: piece)
            try storage.append(decoder.decode(Array(piece)))
        }
        try storage.append(decoder.finish())
        bytes = try storage.finish()
        replaced = decoder.replaced
        guesses = decoder.guesses
        odd = decoder.odd
        holdsOtherEncoding = search.hasMore(than: bytes)
        isChanged = encoding != .utf8(declared: nil) || decoder.replaced > 0 || !decoder.guesses.isEmpty
        self.storage = storage
    }

    /// Where the document begins behind a byte order mark and an XML declaration, which may name another encoding.
    var documentStart: Int {
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let head = bytes[start...].prefix(1024).drop { Markup.isSpace($0) }
        if head.starts(with: "<?xml".utf8), let end = head.firstIndex(of: UInt8(ascii: ">")) { start = end + 1 }
        return start
    }

    /// The document without its declaration.
    func stream() -> any ByteStream { Stream(self, from: documentStart) }

    private final class Stream: ByteStream {
        private let text: ReportText
        private var position: Int

        init(_ text: ReportText, from position: Int) {
            self.text = text
            self.position = position
        }

        func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
            let count = min(buffer.count, text.bytes.count - position)
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: text.bytes[position..<position + count]))
            position += count
            return count
        }
    }

    private final class Storage {
        private static let mostInMemory = 32 << 20
        private var memory: [UInt8] = []
        private var file: FileHandle?
        private var finished: UnsafeMutableRawBufferPointer?
        private var length = 0

        func append(_ bytes: [UInt8]) throws {
            memory += bytes
            length += bytes.count
            if memory.count > Self.mostInMemory { try spill() }
        }

        private func spill() throws {
            if file == nil {
                let folder = FileManager.default.temporaryDirectory
                let place = folder.appendingPathComponent("calm-text-\(UUID().uuidString)")
                guard FileManager.default.createFile(atPath: place.path, contents: nil) else {
                    throw JUnitProblem.refused("it can't be read: \(folder.path) can't be written")
                }
                file = try FileHandle(forUpdating: place)
                try FileManager.default.removeItem(at: place)
            }
            try file?.write(contentsOf: memory)
            memory.removeAll(keepingCapacity: true)
        }

        func finish() throws -> UnsafeRawBufferPointer {
            if let file {
                try spill()
                memory = []
                guard let start = mmap(nil, length, PROT_READ, MAP_PRIVATE, file.fileDescriptor, 0), start != MAP_FAILED
                else { throw JUnitProblem.refused("it can't be read: no memory") }
                finished = UnsafeMutableRawBufferPointer(start: start, count: length)
            } else {
                let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, length), alignment: 1)
                copy.copyBytes(from: memory)
                memory = []
                finished = UnsafeMutableRawBufferPointer(rebasing: copy[..<length])
            }
            return UnsafeRawBufferPointer(finished ?? UnsafeMutableRawBufferPointer(start: nil, count: 0))
        }

        deinit {
            guard let finished else { return }
            if let file {
                munmap(finished.baseAddress, finished.count)
                try? file.close()
            } else {
                finished.deallocate()
            }
        }
    }
}
