import Artifacts
import Foundation

/// Fetches one file to the disk, verified by its digest.
///
/// A transfer that is cut goes on where it stopped, if the server can do that (`Range`) and still has the same version
/// (`If-Range` with a strong entity tag); else it starts from the beginning. Where the bytes of several responses don't make the
/// expected file, it is fetched once more in one piece before that counts.
package struct Download: Sendable {
    let client: HTTPClient
    let retries: RetryPolicy
    let observer: FetchObserver
    /// More bytes than this are refused.
    package var maximumBytes = 64 << 30

    package init(_ client: HTTPClient, retries: RetryPolicy = RetryPolicy(), observer: FetchObserver = FetchObserver())
    {
        self.client = client
        self.retries = retries
        self.observer = observer
    }

    /// Fetches the file to `destination`. Beside it stay notes from which a later call sees that it is there already.
    ///
    /// - Parameters:
    ///   - expected: Its digest; nil if any will do, as long as it came as a whole.
    ///   - name: What messages call it.
    /// - Returns: The file's digest.
    /// - Throws: `FetchFailure`. What has arrived stays at `destination` if trying again later could go on from there, and is
    ///   removed otherwise.
    @discardableResult
    package func fetch(
        _ address: WebAddress, authorization: String? = nil, to destination: URL, expecting expected: Digest?,
        name: String
    ) throws -> Digest {
        let part = try PartFile(destination, from: address)
        do {
            return try fetch(address, authorization, part, expected, name)
        } catch {
            if (error as? FetchFailure)?.reason != .transient { part.remove() }
            throw error
        }
    }

    private func fetch(
        _ address: WebAddress, _ authorization: String?, _ part: PartFile, _ expected: Digest?, _ name: String
    ) throws -> Digest {
        if part.count > 0 {
            if let expected, part.digest == expected { return expected }
            observer.log("\(name): going on after the \(part.count) bytes of an earlier attempt")
        }
        var failures = 0
        var hasStartedOver = false
        while true {
            let before = part.count
            do {
                let isComplete = try attempt(address, authorization, part)
                let digest = part.digest
                if isComplete, digest == expected ?? digest { return digest }
                if part.isPieced || !isComplete, !hasStartedOver {
                    hasStartedOver = true
                    observer.log("\(name): the pieces don't fit together; starting over")
                    try part.restart()
                    continue
                }
                throw mismatch(address, part, digest, expected, name)
            } catch let failure as FetchFailure where failure.reason == .transient {
                // The connection may be cut although everything is here.
                if let expected, part.digest == expected { return expected }
                let gain = part.count - before
                failures = gain > 0 && gain >= min(1 << 20, (part.total ?? 1 << 20) / 100) ? 1 : failures + 1
                let pause: Double
                do { pause = try retries.pause(after: failures, of: failure) } catch {
                    throw part.count > 0
                        ? error.adding("; \(part.count) bytes have arrived and are kept: run again to go on") : error
                }
                observer.log("\(failure); trying again in \(String(format: "%.1f", pause)) s")
                retries.sleep(pause)
            }
        }
    }

    /// One request; false if what has arrived can't be the beginning of what the server has.
    private func attempt(_ address: WebAddress, _ authorization: String?, _ part: PartFile) throws -> Bool {
        var request = HTTPClient.Request(address: address, authorization: authorization)
        // The bytes as they are: a range of a compressed body would be another thing.
        request.fields = [("Accept-Encoding", "identity")]
        if part.count > 0 {
            request.fields.append(("Range", "bytes=\(part.count)-"))
            if let validator = part.validator { request.fields.append(("If-Range", validator)) }
        }
        let sink = PartSink(part, maximumBytes: maximumBytes, observer: observer, place: address.display)
        let head = try client.get(request, into: sink).head
        // There is nothing behind what is here: it is all, or of another file.
        if head.status == 416 { return part.count > 0 && head.contentRange?.total == part.count }
        if let total = part.total, part.count < total {
            throw FetchFailure(
                .transient, "\(address.display): the connection was cut after \(part.count) of \(total) bytes")
        }
        return true
    }

    private func mismatch(
        _ address: WebAddress, _ part: PartFile, _ found: Digest, _ expected: Digest?, _ name: String
    ) -> FetchFailure {
        guard let expected else {
            return FetchFailure(.refused, "\(address.display): the server doesn't send the file as a whole")
        }
        var hint = ""
        let beginning = String(decoding: part.beginning, as: UTF8.self).trimmed.lowercased()
        if beginning.hasPrefix("<!doctype html") || beginning.hasPrefix("<html") {
            hint = "; it is an HTML page: check the address"
        } else if beginning.hasPrefix("version https://git-lfs") {
            hint = "; it is a pointer of Git LFS, not the file itself: check the address"
        } else if part.total == nil {
            hint = "; the server didn't say how long it is, so it may have been cut off"
        }
        return FetchFailure.mismatch("\(name) from \(address.display)", part.count, found, expected, hint)
    }
}

extension FetchFailure {
    /// - Parameter hint: What else may be wrong, beginning with a semicolon.
    package static func mismatch(
        _ what: String, _ bytes: Int, _ found: Digest, _ expected: Digest, _ hint: String = ""
    ) -> FetchFailure {
        FetchFailure(
            .mismatch,
            "\(what) has the SHA-256 \(found) (\(bytes) bytes), expected \(expected)\(hint); nothing was kept. "
                + "If what was found is right, write it as the digest")
    }
}

/// Appends the body of a response to a part file.
private final class PartSink: BodySink {
    private let part: PartFile
    private let maximumBytes: Int
    private let observer: FetchObserver
    private let place: String

    init(_ part: PartFile, maximumBytes: Int, observer: FetchObserver, place: String) {
        self.part = part
        self.maximumBytes = maximumBytes
        self.observer = observer
        self.place = place
    }

    func begin(_ head: HTTPHead) throws {
        var total = head.contentLength
        if head.status == 206 {
            guard let range = head.contentRange, range.start == part.count else {
                try part.restart()
                throw FetchFailure(.transient, "\(place): the server sent another part than the one asked for")
            }
            if let known = part.total, let now = range.total, known != now {
                try part.restart()
                throw FetchFailure(.transient, "\(place): the file changed its length from \(known) to \(now) bytes")
            }
            total = range.total ?? total.map { $0 + part.count }
        } else if part.count > 0 {
            observer.log("\(place): the server sends the file from its beginning again")
            try part.restart()
        }
        if let total, total > maximumBytes { throw tooLarge("\(total)") }
        try part.begin(total: total, validator: head.validator)
    }

    func take(_ bytes: UnsafeRawBufferPointer) throws {
        let count = part.count + bytes.count
        guard count <= maximumBytes else { throw tooLarge("more than \(maximumBytes)") }
        if let total = part.total, count > total {
            throw FetchFailure(.refused, "\(place): the server sends more than the \(total) bytes that it announced")
        }
        try part.append(bytes)
        observer.progress(part.count, part.total)
    }

    private func tooLarge(_ size: String) -> FetchFailure {
        FetchFailure(.refused, "\(place) has \(size) bytes, expected at most \(maximumBytes) (maximum-size)")
    }
}
