import Foundation

/// Somebody else, such as PyTorch, in a process of its own, which answers one JSON line with another.
final class PeerProcess {
    let version: String
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let script: URL
    private var pending = Data()

    /// Starts `python`; throws if it has no PyTorch.
    convenience init(python: String, threads: Int) throws {
        try self.init(python: python, threads: threads, script: PackageResources.Peer_py, hello: ["do": "hello"]) {
            "no PyTorch at \($0): name an interpreter that has it with --python"
        }
        _ = try ask(["do": "threads", "count": threads])
    }

    /// Starts `python` with a script that answers `hello` with the version of what it needs, and throws what `missing` says if
    /// it doesn't.
    init(
        python: String, threads: Int, script text: [UInt8], hello: [String: Any], missing: (_ python: String) -> String
    ) throws {
        script = FileManager.default.temporaryDirectory.appendingPathComponent("calm-bench-\(UUID().uuidString).py")
        try Data(text).write(to: script)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python, "-u", script.path]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        var environment = ProcessInfo.processInfo.environment
        environment["OMP_NUM_THREADS"] = String(threads)
        process.environment = environment
        do {
            try process.run()
            let answer = try Self.exchange(hello, input, output, &pending)
            version = (answer["torch"] ?? answer["version"]) as? String ?? "?"
        } catch {
            try? FileManager.default.removeItem(at: script)
            throw PeerError(missing(python))
        }
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: script)
    }

    /// The answer to a request. Throws if PyTorch does, ends, or is silent for ten minutes.
    func ask(_ request: [String: Any]) throws -> [String: Any] {
        let process = process
        let watchdog = DispatchWorkItem { process.terminate() }
        DispatchQueue.global().asyncAfter(deadline: .now() + 600, execute: watchdog)
        defer { watchdog.cancel() }
        return try Self.exchange(request, input, output, &pending)
    }

    func number(_ name: String, of request: [String: Any]) throws -> Double {
        try ask(request).number(name)
    }

    private static func exchange(
        _ request: [String: Any], _ input: Pipe, _ output: Pipe, _ pending: inout Data
    ) throws -> [String: Any] {
        try input.fileHandleForWriting.write(
            contentsOf: JSONSerialization.data(withJSONObject: request, options: [.sortedKeys]) + Data("\n".utf8))
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Data(pending[pending.startIndex..<end])
                pending = Data(pending[(end + 1)...])
                guard let answer = try JSONSerialization.jsonObject(with: line) as? [String: Any] else {
                    throw PeerError("the peer's answer is not a JSON object")
                }
                if let error = answer["error"] as? String { throw PeerError("the peer failed: \(error)") }
                return answer
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw PeerError("the peer ended before it answered") }
            pending.append(more)
        }
    }
}

/// The PyTorch side can't be measured.
struct PeerError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension [String: Any] {
    /// A number of a peer's answer.
    func number(_ name: String) throws -> Double {
        guard let value = self[name] as? NSNumber else { throw PeerError("no \(name) in the peer's answer") }
        return value.doubleValue
    }
}
