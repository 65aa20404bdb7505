import Foundation

/// The built `calm`, started as its own process with its words in files.
final class CalmProcess {
    /// How a process ended.
    struct Ending {
        let exit: Int32
        let output: String
        let errors: String
    }

    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    private let process = Process()
    private let ended = DispatchSemaphore(value: 0)
    private let outputFile: URL
    private let errorFile: URL

    /// Starts `program` in `folder`.
    init(_ program: URL, _ arguments: [String], in folder: URL, environment: [String: String] = [:]) throws {
        let name = UUID().uuidString
        outputFile = folder.appendingPathComponent(".\(name).out")
        errorFile = folder.appendingPathComponent(".\(name).err")
        for file in [outputFile, errorFile] { try Data().write(to: file) }
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        let ended = ended
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
    }

    /// The `calm` that was built with these tests: it lies beside the test executable.
    static func binary() throws -> URL {
        let executables = [Bundle.main.executableURL, CommandLine.arguments.first.map { URL(fileURLWithPath: $0) }]
        let places = executables.compactMap { $0?.resolvingSymlinksInPath().deletingLastPathComponent() }
        for place in places {
            let calm = place.appendingPathComponent("calm")
            if FileManager.default.isExecutableFile(atPath: calm.path) { return calm }
        }
        let list = places.map(\.path).joined(separator: " or ")
        throw Problem(description: "no executable 'calm' in \(list); `swift build --build-tests` makes it")
    }

    var identifier: Int32 { process.processIdentifier }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits until the process has ended; kills what takes too long.
    func wait(seconds: Double = 90) throws -> Ending {
        guard ended.wait(timeout: .now() + seconds) == .success else {
            send(SIGKILL)
            throw Problem(description: "calm \(process.arguments ?? []) still ran after \(seconds) seconds")
        }
        let exit = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        return Ending(
            exit: exit, output: try String(contentsOf: outputFile, encoding: .utf8),
            errors: try String(contentsOf: errorFile, encoding: .utf8))
    }
}

/// Asks again and again, at most `seconds`, until `condition` holds.
func eventually(within seconds: Double = 60, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if try condition() { return true }
        usleep(10_000)
    }
    return try condition()
}

/// The first place along PATH of a program, nil if it isn't installed.
func installed(_ program: String) -> URL? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { URL(fileURLWithPath: String($0)).appendingPathComponent(program) }
        .first { FileManager.default.isExecutableFile(atPath: $0.path) }
}
