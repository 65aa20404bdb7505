import Foundation

/// What a program has started and left running when it ended.
///
/// Outputs are taken when all of it has ended. Helpers that are about to end get a moment for it. What goes on is ended; if it
/// may have been writing the outputs, nobody knows whether they are complete, and the stage fails.
///
/// Only in a worker, below which there is nothing but its stage.
struct LeftoverProcesses {
    /// Seconds for ending by themselves, then after SIGTERM, then after SIGKILL.
    private static let patience = (own: 2.0, asked: 2.0, killed: 10.0)

    /// The program's working folder, without symbolic links in its path.
    let folder: String
    /// Paths of the outputs in it.
    let outputs: [String]

    init(in folder: URL, outputs: [String]) {
        self.folder =
            realpath(folder.path, nil).map { path in
                defer { free(path) }
                return String(cString: path)
            } ?? folder.path
        self.outputs = outputs
    }

    /// Returns once nothing is left.
    ///
    /// - Returns: The processes that had to be ended.
    /// - Throws: `StageFailure` if they may have been writing outputs, or can't be ended.
    func end() throws -> [RunningProcess] {
        if Self.haveGone { return [] }
        let before = state
        if Self.haveGone(within: Self.patience.own) { return [] }
        let left = Self.running
        let writing = left.compactMap { process -> (RunningProcess, [String]?)? in
            let files = process.filesOpenForWriting(below: folder)
            return files == [] ? nil : (process, files)
        }
        try Self.terminate()
        if !writing.isEmpty {
            let list = writing.map { process, files in
                "\(process.description)\(files.map { ", which had \($0.joined(separator: ", ")) open for writing" } ?? "")"
            }
            throw Self.failure(list.joined(separator: "; "))
        }
        guard before == state else {
            throw Self.failure("\(Self.list(left)), and an output changed after the program's end")
        }
        return left
    }

    static func list(_ processes: [RunningProcess]) -> String {
        let named = processes.prefix(5).map(\.description).joined(separator: ", ")
        return processes.count > 5 ? "\(named) and \(processes.count - 5) more" : named
    }

    /// Ends all of it at once, where no output is to be taken.
    static func kill() { try? terminate(asks: false) }

    private static func failure(_ what: String) -> StageFailure {
        StageFailure(
            .failed,
            """
            the program ended, but left running: \(what). It was ended, and the outputs may be incomplete. Let the program wait \
            for what it starts (`wait` in a shell), or end it
            """)
    }

    private static func terminate(asks: Bool = true) throws {
        if asks {
            for process in running {
                Foundation.kill(process.identifier, SIGTERM)
                // One that was stopped couldn't end.
                Foundation.kill(process.identifier, SIGCONT)
            }
            if haveGone(within: patience.asked) { return }
        }
        let deadline = ContinuousClock.now + .seconds(patience.killed)
        // Again and again: they may start others meanwhile.
        while ContinuousClock.now < deadline {
            for process in running { Foundation.kill(process.identifier, SIGKILL) }
            if haveGone(within: 0.05) { return }
        }
        throw StageFailure(.failed, "the program ended, but left running what can't be ended: \(list(running))")
    }

    private static var running: [RunningProcess] { ProcessTree.descendants(of: getpid()).filter { !$0.isZombie } }

    private static func haveGone(within seconds: Double) -> Bool {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var pause: UInt32 = 1_000
        while !haveGone {
            guard ContinuousClock.now < deadline else { return false }
            usleep(pause)
            pause = min(pause * 2, 50_000)
        }
        return true
    }

    /// Whether this process has no child; what was left below one that ended is its child since.
    private static var haveGone: Bool {
        while true {
            let child = waitpid(-1, nil, WNOHANG)
            if child == 0 { return false }
            if child < 0, errno != EINTR { return true }
        }
    }

    /// What shows that outputs were written: sizes and times, of all files of a folder.
    private var state: [String: [Int]] {
        var found: [String: [Int]] = [:]
        func note(_ path: String) {
            var status = stat()
            guard lstat(path, &status) == 0 else { return }
            found[path] = [
                Int(status.st_ino), Int(status.st_size), Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec),
            ]
        }
        for output in outputs {
            let path = "\(folder)/\(output)"
            note(path)
            // Empty for what isn't a folder.
            for entry in FileManager.default.enumerator(atPath: path)?.compactMap({ $0 as? String }) ?? [] {
                note("\(path)/\(entry)")
            }
        }
        return found
    }
}
