import Foundation

/// A process as `/proc` has it.
struct RunningProcess: Sendable, Hashable {
    let identifier: pid_t
    let parent: pid_t
    /// At most 15 bytes of the program's name.
    let name: String
    /// It has ended, and nobody has taken note of it yet.
    let isZombie: Bool

    /// `sleep (pid 4711)`; a name that may have been cut ends with `…`.
    var description: String { "\(name)\(name.utf8.count < 15 ? "" : "…") (pid \(identifier))" }
}

/// The processes below one, wherever they went: a new session or process group makes no difference.
enum ProcessTree {
    /// Makes this process the parent of all below it whose own parent ends, instead of process 1: so none of them is lost
    /// from sight. It must then call waitpid(2) for them.
    static func adoptOrphans() { control(setChildSubreaper, 1) }

    /// Whether this process does so: then all processes below it are found, and its to end.
    static var adoptsOrphans: Bool {
        var answer: Int32 = 0
        withUnsafeMutablePointer(to: &answer) { control(getChildSubreaper, UInt(bitPattern: $0)) }
        return answer != 0
    }

    /// PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER
    private static let (setChildSubreaper, getChildSubreaper): (Int32, Int32) = (36, 37)

    /// prctl(2), which has a variable number of arguments, so that Swift doesn't import it; by its name it can be called.
    private static func control(_ option: Int32, _ argument: UInt) {
        typealias Function = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
        guard let symbol = dlsym(nil, "prctl") else { return }
        _ = unsafeBitCast(symbol, to: Function.self)(option, argument, 0, 0, 0)
    }

    /// All processes below one, parents before their children.
    static func descendants(of root: pid_t) -> [RunningProcess] {
        let byParent = Dictionary(grouping: all(), by: \.parent)
        var found: [RunningProcess] = []
        var open = [root]
        while let next = open.popLast() {
            let children = byParent[next] ?? []
            found += children
            open += children.map(\.identifier)
        }
        return found
    }

    /// The children of a process, of all its threads; nil if it has gone, or the kernel doesn't list them.
    static func children(of process: pid_t) -> [pid_t]? {
        guard let folder = opendir("/proc/\(process)/task") else { return nil }
        defer { closedir(folder) }
        var children: [pid_t]?
        while let entry = readdir(folder) {
            let thread = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard !thread.hasPrefix("."),
                let list = FileManager.default.contents(atPath: "/proc/\(process)/task/\(thread)/children")
            else { continue }
            children =
                (children ?? [])
                + String(decoding: list, as: UTF8.self).split(separator: " ").compactMap { pid_t($0) }
        }
        return children
    }

    /// Kills what a worker that was killed has left running, wherever it went: the processes whose home or temporary folder is a working
    /// folder that the worker made in a store.
    static func killStrays(ofWorker worker: pid_t, in store: URL) {
        let homes = ["HOME", "TMPDIR"].map { Array("\($0)=\(store.path)/tmp/\(worker)-".utf8) }
        for process in all() where process.identifier != getpid() {
            guard let variables = FileManager.default.contents(atPath: "/proc/\(process.identifier)/environ"),
                variables.split(separator: 0).contains(where: { variable in homes.contains { variable.starts(with: $0) }
                })
            else { continue }
            kill(process.identifier, SIGKILL)
        }
    }

    /// Kills what is below this process and left its process group, which will be killed as a whole.
    static func killStrayDescendants() {
        let group = getpgrp()
        for process in descendants(of: getpid()) where getpgid(process.identifier) != group {
            kill(process.identifier, SIGKILL)
        }
    }

    private static func all() -> [RunningProcess] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var processes: [RunningProcess] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let identifier = pid_t(name), let process = RunningProcess(identifier) { processes.append(process) }
        }
        return processes
    }
}

extension RunningProcess {
    /// Nil if it has gone.
    fileprivate init?(_ identifier: pid_t) {
        // PID (NAME) STATE PARENT …, where the name may hold any bytes.
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(identifier)/stat"),
            let nameStart = bytes.firstIndex(of: UInt8(ascii: "(")),
            let nameEnd = bytes.lastIndex(of: UInt8(ascii: ")")), nameStart < nameEnd
        else { return nil }
        let fields = String(decoding: bytes[(nameEnd + 1)...], as: UTF8.self).split(separator: " ")
        guard fields.count > 1, let parent = pid_t(fields[1]) else { return nil }
        self.init(
            identifier: identifier, parent: parent,
            name: String(decoding: bytes[(nameStart + 1)..<nameEnd], as: UTF8.self), isZombie: fields[0] == "Z")
    }

    /// The files below `folder` that it has open for writing, or mapped so that it may write; nil if that can't be seen.
    func filesOpenForWriting(below folder: String) -> [String]? {
        let place = "/proc/\(identifier)"
        guard let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "\(place)/fd") else {
            // It has ended, or belongs to another user.
            return kill(identifier, 0) == 0 || errno == EPERM ? nil : []
        }
        let open = descriptors.filter { descriptor in
            let text = FileManager.default.contents(atPath: "\(place)/fdinfo/\(descriptor)") ?? Data()
            let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("flags:") }
            let flags = line.flatMap { Int32($0.dropFirst(6).trimmingCharacters(in: .whitespaces), radix: 8) } ?? 0
            return flags & O_ACCMODE != O_RDONLY
        }.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(place)/fd/\($0)") }
        let maps = FileManager.default.contents(atPath: "\(place)/maps") ?? Data()
        // 7f00-7f01 rw-s 00000000 08:01 1234 /path
        let mapped = String(decoding: maps, as: UTF8.self).split(separator: "\n").compactMap { line -> String? in
            let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            guard fields.count == 6, fields[1].contains("w"), fields[1].hasSuffix("s") else { return nil }
            return fields[5].trimmingCharacters(in: .whitespaces)
        }
        return Set(open + mapped).filter { $0.hasPrefix(folder + "/") }.map { String($0.dropFirst(folder.count + 1)) }
            .sorted()
    }
}
