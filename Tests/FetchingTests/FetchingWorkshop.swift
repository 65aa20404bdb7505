import Artifacts
import Fetching
import Foundation
import Synchronization
import Testing

/// A folder and a client for one test, with pauses that are noted instead of waited for.
final class FetchingWorkshop: Sendable {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("calm-fetching-\(UUID().uuidString)")
    private let noted = Mutex((pauses: [Double](), lines: [String](), progress: [Int]()))

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var pauses: [Double] { noted.withLock(\.pauses) }
    var lines: [String] { noted.withLock(\.lines) }
    var progress: [Int] { noted.withLock(\.progress) }

    var retries: RetryPolicy {
        var retries = RetryPolicy()
        retries.attempts = 4
        retries.sleep = { pause in self.noted.withLock { $0.pauses.append(pause) } }
        return retries
    }

    var observer: FetchObserver {
        var observer = FetchObserver()
        observer.log = { line in self.noted.withLock { $0.lines.append(line) } }
        observer.progress = { count, _ in self.noted.withLock { $0.progress.append(count) } }
        return observer
    }

    /// - Parameter stall: After how many seconds a connection is given up; short only where one stalls.
    func settings(_ environment: [String: String] = [:], stall: Int = 20) -> ConnectionSettings {
        var settings = ConnectionSettings(environment: environment)
        settings.stallSeconds = stall
        return settings
    }

    func download(_ environment: [String: String] = [:], stall: Int = 20) -> Download {
        Download(HTTPClient(settings(environment, stall: stall)), retries: retries, observer: observer)
    }

    var destination: URL { folder.appendingPathComponent("file.part") }

    /// Fetches an address to `destination`; returns its bytes.
    func fetch(
        _ url: String, expecting digest: Digest?, authorization: String? = nil, environment: [String: String] = [:],
        stall: Int = 20
    ) throws -> [UInt8] {
        try download(environment, stall: stall).fetch(
            WebAddress(url), authorization: authorization, to: destination, expecting: digest, name: "file")
        return Array(try Data(contentsOf: destination))
    }

    /// The names of the files in the folder.
    var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? [] }

    func write(_ text: String, to name: String) throws {
        let file = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }
}

extension FetchingWorkshop {
    /// A program that is run as pip is.
    func writePip(_ name: String, printing text: String, thenRunning command: String = "exit 0") throws {
        // Its own shell's commands alone: nothing else is in its PATH.
        try write("#!/bin/sh\nprintf '%s\\n' '\(text)'\n\(command)\n", to: name + ".text")
        let file = folder.appendingPathComponent(name).path
        // By a program: what this process writes can't be run while one that it starts meanwhile still has it open.
        let copy = try Process.run(
            URL(fileURLWithPath: "/usr/bin/install"), arguments: ["-m", "755", file + ".text", file])
        copy.waitUntilExit()
        try #require(copy.terminationStatus == 0)
    }
}

/// Bytes that differ from place to place.
func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
    }
}
