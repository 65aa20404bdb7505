import Artifacts
import Crypto
import Foundation

/// What has arrived of a file, on the disk, with what is needed to go on after a cut or a kill.
///
/// Beside the bytes, `NAME.part`, lies `NAME.part.json`: which address they came from, the version that the server says they are
/// of, and how many there will be. Both are only ever hints: the digest decides in the end.
final class PartFile {
    let url: URL
    private let notes: URL
    private let descriptor: Int32
    private var hasher = SHA256()
    private(set) var count = 0
    /// How many bytes there will be, if a server has said so.
    private(set) var total: Int?
    /// The entity tag of the version that the bytes are of.
    private(set) var validator: String?
    /// Whether the bytes come from more than one response.
    private(set) var isPieced = false
    private var source = ""

    /// Opens or makes the file. Bytes that are there already and come from the same address are taken over.
    init(_ url: URL, from address: WebAddress) throws {
        self.url = url
        notes = url.appendingPathExtension("json")
        descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure("create", url) }
        // A digest, since the address may hold a password or a signature.
        source = Artifacts.Digest(of: Array(address.text.utf8)).hex
        let noted = (try? Data(contentsOf: notes)).flatMap { try? JSONValue(parsing: $0) }?.members ?? [:]
        if noted["source"]?.text == source {
            total = noted["total"]?.integer
            validator = noted["validator"]?.text
            try takeOver()
        } else {
            try restart()
        }
    }

    deinit { close(descriptor) }

    /// Hashes what is there.
    private func takeOver() throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let got = read(descriptor, buffer.baseAddress, buffer.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw Self.failure("read", url) }
            if got == 0 { break }
            hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<got]))
            count += got
        }
        isPieced = count > 0
        if let total, count > total { try restart() }
    }

    var digest: Artifacts.Digest { Artifacts.Digest(hasher.finalize()) }

    /// Drops everything that has arrived.
    func restart() throws {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw Self.failure("write", url)
        }
        (hasher, count, total, validator, isPieced) = (SHA256(), 0, nil, nil, false)
    }

    /// Notes what a response says about the whole file; its bytes follow.
    func begin(total: Int?, validator: String?) throws {
        isPieced = count > 0
        (self.total, self.validator) = (total ?? self.total, validator)
        var fields: [String: JSONValue] = ["source": .string(source)]
        fields["total"] = self.total.map(JSONValue.int)
        fields["validator"] = validator.map(JSONValue.string)
        do {
            try Data(JSONValue.object(fields).canonicalBytes).write(to: notes, options: .atomic)
        } catch {
            throw FetchFailure(.disk, "can't write \(notes.path): \(error.localizedDescription)")
        }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let put = write(descriptor, rest.baseAddress, rest.count)
            if put < 0, errno == EINTR { continue }
            guard put > 0 else { throw Self.failure("write", url) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(put))
        }
        hasher.update(bufferPointer: bytes)
        count += bytes.count
    }

    /// The first bytes, from which a person could tell what it is.
    var beginning: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let got = pread(descriptor, &bytes, bytes.count, 0)
        return Array(bytes.prefix(max(0, got)))
    }

    /// Removes the file and its notes.
    func remove() {
        try? FileManager.default.removeItem(at: url)
        try? FileManager.default.removeItem(at: notes)
    }

    private static func failure(_ action: String, _ url: URL) -> FetchFailure {
        let error = StoreError(errno: errno, action, url.path)
        return FetchFailure(.disk, error.message)
    }
}
