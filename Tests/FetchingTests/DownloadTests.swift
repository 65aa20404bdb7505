import Artifacts
import Fetching
import Foundation
import LoopbackServing
import Testing

/// Files from a server that cuts, stalls, forgets, changes its mind and lies.
@Suite("Downloads") struct DownloadTests {
    private let workshop: FetchingWorkshop
    private let bytes = pattern(300_000)
    private var digest: Digest { Digest(of: bytes) }

    init() throws { workshop = try FetchingWorkshop() }

    private func failure(_ url: String, expecting digest: Digest?) -> FetchFailure? {
        #expect(throws: FetchFailure.self) { try workshop.fetch(url, expecting: digest) }
    }

    @Test("a file arrives as it is, with its progress")
    func whole() throws {
        let bytes = bytes
        let server = try LoopbackServer { .file(bytes, $0) }
        defer { server.stop() }
        #expect(try workshop.fetch("\(server.origin)/a.bin", expecting: digest) == bytes)
        #expect(workshop.progress.last == bytes.count)
        #expect(server.requests.count == 1)
        #expect(server.requests[0].fields["accept-encoding"] == "identity")
    }

    @Test("an empty file is one")
    func empty() throws {
        let server = try LoopbackServer { _ in LoopbackServer.Answer([]) }
        defer { server.stop() }
        #expect(try workshop.fetch("\(server.origin)/a.bin", expecting: Digest(of: [])) == [])
    }

    @Test("after a cut the rest is asked for, of the same version, as often as it takes")
    func resumed() throws {
        let bytes = bytes
        let server = try LoopbackServer { .file(bytes, $0, tag: "\"one\"").cut(after: 40_000) }
        defer { server.stop() }
        #expect(try workshop.fetch("\(server.origin)/a.bin", expecting: digest) == bytes)
        let requests = server.requests
        #expect(requests.map { $0.rangeStart ?? 0 } == (0..<8).map { $0 * 40_000 })
        #expect(requests.dropFirst().allSatisfy { $0.fields["if-range"] == "\"one\"" })
        // Each made headway, so that no pause grows.
        #expect(workshop.pauses.count == 7 && workshop.pauses.allSatisfy { $0 < 0.7 })
    }

    @Test("a file that changed meanwhile comes from its beginning")
    func changed() throws {
        let bytes = bytes
        let server = try LoopbackServer { request in
            request.number == 0
                ? .file(pattern(300_000, seed: 2), request, tag: "\"old\"").cut(after: 100_000)
                : .file(bytes, request, tag: "\"new\"")
        }
        defer { server.stop() }
        #expect(try workshop.fetch("\(server.origin)/a.bin", expecting: digest) == bytes)
        #expect(server.requests.count == 2)
    }

    @Test("a server that mixes two versions is asked once more for all of it")
    func mixed() throws {
        let bytes = bytes
        let server = try LoopbackServer { request in
            request.number == 0
                ? .file(pattern(300_000, seed: 2), request).cut(after: 100_000) : .file(bytes, request)
        }
        defer { server.stop() }
        #expect(try workshop.fetch("\(server.origin)/a.bin", expecting: digest) == bytes)
        #expect(server.requests.map(\.rangeStart) == [nil, 100_000, nil])
    }

    @Test("a server that sends another part than the one asked for isn't believed")
    func wrongPart() throws {
        let bytes = bytes
        let server = try LoopbackServer { request in
            switch request.number {
            case 0: return .file(bytes, request).cut(after: 100_000)
            case 1:
                let range = ("Content-Range", "bytes 50000-299999/300000")
                return .init(Array(bytes[50_000...]), status: 206, fields: [range])
            default: return .file(bytes, request)
            }
        }
        defer { server.stop() }
        #expect(try workshop.fetch("\(server.origin)/a.bin", expecting: digest) == bytes)
        #expect(server.requests.map(\.rangeStart) == [nil, 100_000, nil])
    }

    @Test("a server that can't send parts sends all of it again")
    func withoutRanges() throws {
        let bytes = bytes
        let server = try LoopbackServer { request in
            let answer = LoopbackServer.Answer(bytes)
            return request.number < 2 ? answer.cut(after: 100_000) : answer
        }
        defer { server.stop() }
        #expect(try workshop.fetch("\(server.origin)/a.bin", expecting: digest) == bytes)
        #expect(server.requests.count == 3)
    }

    @Test("a connection on which nothing comes is given up", arguments: [0, 100_000])
    func stalled(after count: Int) throws {
        let bytes = bytes
        let server = try LoopbackServer { request in
            var answer = LoopbackServer.Answer.file(bytes, request)
            if request.number == 0 { answer.stallAfter = count }
            return answer
        }
        defer { server.stop() }
        let start = ContinuousClock.now
        #expect(try workshop.fetch("\(server.origin)/a.bin", expecting: digest, stall: 1) == bytes)
        #expect(server.requests.map(\.rangeStart) == [nil, count == 0 ? nil : count])
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(workshop.lines.contains { $0.contains("stalled or timed out") }, "\(workshop.lines)")
    }

    @Test("errors that may pass are tried again, with pauses that grow", arguments: [500, 502, 503, 429, 408])
    func passing(status: Int) throws {
        let bytes = bytes
        let server = try LoopbackServer { request in
            request.number < 3 ? .init(Array("no".utf8), status: status) : .file(bytes, request)
        }
        defer { server.stop() }
        #expect(try workshop.fetch("\(server.origin)/a.bin", expecting: digest) == bytes)
        let pauses = workshop.pauses
        #expect(pauses.count == 3)
        for (pause, base) in zip(pauses, [0.5, 1, 2]) { #expect(pause >= base * 0.75 && pause <= base * 1.25) }
    }

    @Test("a server that never recovers is an error after so many attempts, and what has arrived is kept")
    func neverRecovers() throws {
        let bytes = bytes
        let server = try LoopbackServer { request in
            request.number == 0 ? .file(bytes, request, tag: "\"a\"").cut(after: 100_000) : .init(status: 500)
        }
        defer { server.stop() }
        let failure = failure("\(server.origin)/a.bin", expecting: digest)
        #expect(failure?.reason == .transient)
        #expect(
            failure?.description
                == "\(server.origin)/a.bin answers 500 (internal server error); 4 attempts failed; "
                + "100000 bytes have arrived and are kept: run again to go on")
        #expect(workshop.files == ["file.part", "file.part.json"])
        #expect(server.requests.count == 4)
    }

    @Test("a later process goes on where an earlier one was")
    func laterProcess() throws {
        let bytes = bytes
        let server = try LoopbackServer { request in
            if request.number == 0 { return .file(bytes, request, tag: "\"a\"").cut(after: 100_000) }
            return request.number < 4 ? .init(status: 500) : .file(bytes, request, tag: "\"a\"")
        }
        defer { server.stop() }
        let url = "\(server.origin)/a.bin"
        _ = failure(url, expecting: digest)
        #expect(try workshop.fetch(url, expecting: digest) == bytes)
        #expect(server.requests.last?.rangeStart == 100_000)
        #expect(server.requests.last?.fields["if-range"] == "\"a\"")
        // All of it is there: nothing more is asked for.
        let count = server.requests.count
        #expect(try workshop.fetch(url, expecting: digest) == bytes)
        #expect(server.requests.count == count)
    }

    @Test("bytes of another address, or that were damaged, don't get into the file")
    func foreignBytes() throws {
        let bytes = bytes
        let server = try LoopbackServer { request in
            if request.path == "/a.bin" {
                return request.number == 0 ? .file(bytes, request).cut(after: 100_000) : .init(status: 500)
            }
            return .file(bytes, request)
        }
        defer { server.stop() }
        _ = failure("\(server.origin)/a.bin", expecting: digest)
        #expect(try workshop.fetch("\(server.origin)/b.bin", expecting: digest) == bytes)
        #expect(server.requests.last?.rangeStart == nil)
        // A flipped bit in what was kept: the digest finds it, and all of it is fetched anew.
        var damaged = Array(bytes.prefix(200_000))
        damaged[7] ^= 1
        try Data(damaged).write(to: workshop.destination)
        #expect(try workshop.fetch("\(server.origin)/b.bin", expecting: digest) == bytes)
        #expect(server.requests.suffix(2).map(\.rangeStart) == [200_000, nil])
    }

    @Test("a wrong digest is one clear error, and nothing is kept")
    func wrongDigest() throws {
        let bytes = bytes
        let server = try LoopbackServer { .file(bytes, $0) }
        defer { server.stop() }
        let other = Digest(of: [1])
        let failure = failure("\(server.origin)/a.bin?token=secret", expecting: other)
        #expect(failure?.reason == .mismatch)
        #expect(
            failure?.description
                == "file from \(server.origin)/a.bin has the SHA-256 \(digest) (300000 bytes), expected \(other); nothing was kept. "
                + "If what was found is right, write it as the digest")
        #expect(workshop.files.isEmpty && workshop.pauses.isEmpty)
        #expect(server.requests.count == 1)
    }

    @Test("a page instead of a file is named")
    func page() throws {
        let server = try LoopbackServer { _ in .init(Array("<!DOCTYPE html><p>Log in".utf8)) }
        defer { server.stop() }
        #expect(failure(server.origin + "/a", expecting: digest)?.description.contains("it is an HTML page") == true)
    }

    @Test("what the server hasn't got is an error at once", arguments: [404, 410, 403, 401, 400])
    func missing(status: Int) throws {
        let server = try LoopbackServer { _ in .init(Array("gone".utf8), status: status) }
        defer { server.stop() }
        let failure = failure("\(server.origin)/a.bin", expecting: digest)
        #expect(failure?.reason == ([404, 410].contains(status) ? .notFound : .refused))
        #expect(failure?.description.contains("answers \(status) (") == true)
        #expect(workshop.files.isEmpty)
        #expect(server.requests.count == 1)
    }

    @Test("a length that is too long is a cut, unless the digest says that all is here")
    func lengthTooLong() throws {
        let bytes = bytes
        let server = try LoopbackServer { _ in
            var answer = LoopbackServer.Answer(bytes)
            answer.declaredLength = 400_000
            return answer
        }
        defer { server.stop() }
        #expect(try workshop.fetch("\(server.origin)/a.bin", expecting: digest) == bytes)
        try FileManager.default.removeItem(at: workshop.destination)
        let failure = failure("\(server.origin)/a.bin", expecting: Digest(of: [1]))
        #expect(failure?.reason == .transient)
        #expect(failure?.description.contains("the connection was cut") == true, "\(failure as Any)")
    }

    @Test("a length that is too short gives another digest")
    func lengthTooShort() throws {
        let bytes = bytes
        let server = try LoopbackServer { _ in
            var answer = LoopbackServer.Answer(bytes)
            answer.declaredLength = 200_000
            return answer
        }
        defer { server.stop() }
        let failure = failure("\(server.origin)/a.bin", expecting: digest)
        #expect(failure?.reason == .mismatch)
        #expect(failure?.description.contains("(200000 bytes)") == true, "\(failure as Any)")
    }

    @Test("a file larger than the limit is stopped, announced or not", arguments: [true, false])
    func tooLarge(isAnnounced: Bool) throws {
        let server = try LoopbackServer { _ in
            var answer = LoopbackServer.Answer()
            answer.declaredLength = isAnnounced ? 1 << 40 : nil
            answer.isEndless = true
            return answer
        }
        defer { server.stop() }
        var download = workshop.download()
        download.maximumBytes = 1 << 20
        let failure = #expect(throws: FetchFailure.self) {
            try download.fetch(
                WebAddress("\(server.origin)/a.bin"), to: workshop.destination, expecting: digest, name: "file")
        }
        #expect(failure?.description.contains("expected at most 1048576 (maximum-size)") == true, "\(failure as Any)")
        #expect(isAnnounced ? workshop.progress.isEmpty : workshop.progress.allSatisfy { $0 <= 1 << 20 })
        #expect(workshop.files.isEmpty)
        #expect(server.requests.count == 1)
    }

    @Test("an endless error page is cut short")
    func endlessError() throws {
        let server = try LoopbackServer { _ in
            var answer = LoopbackServer.Answer(status: 404)
            answer.declaredLength = nil
            answer.isEndless = true
            return answer
        }
        defer { server.stop() }
        #expect(failure("\(server.origin)/a.bin", expecting: digest)?.reason == .notFound)
    }

    @Test("a server asks to wait, and is waited for, within reason")
    func retryAfter() throws {
        let bytes = bytes
        let server = try LoopbackServer { request in
            if request.path == "/later" { return .init(status: 429, fields: [("Retry-After", "3600")]) }
            if request.path == "/never" { return .init(status: 503, fields: [("Retry-After", "1e999")]) }
            return request.number == 0
                ? .init(status: 429, fields: [("Retry-After", "17")]) : .file(bytes, request)
        }
        defer { server.stop() }
        #expect(try workshop.fetch("\(server.origin)/a.bin", expecting: digest) == bytes)
        #expect(workshop.pauses == [17])
        let later = failure("\(server.origin)/later", expecting: digest)
        #expect(later?.description.hasSuffix("the server asks to wait for 3600 seconds: run again later") == true)
        let never = failure("\(server.origin)/never", expecting: digest)
        #expect(never?.description.hasSuffix("the server asks to wait for 1000000000 seconds: run again later") == true)
    }

    @Test("nobody at the other end is an error that says so")
    func nobody() throws {
        let server = try LoopbackServer { _ in .init() }
        let url = "\(server.origin)/a.bin"
        server.stop()
        let failure = failure(url, expecting: digest)
        #expect(failure?.reason == .transient)
        #expect(failure?.description.contains("4 attempts failed") == true, "\(failure as Any)")
        #expect(workshop.pauses.count == 3)
    }
}
