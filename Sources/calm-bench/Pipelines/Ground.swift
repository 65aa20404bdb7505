import Foundation

/// Who takes part.
enum Tool: String, CaseIterable, Encodable {
    case calm, ninja, snakemake, dvc

    var title: String {
        switch self {
        case .calm, .ninja: rawValue
        case .snakemake: "Snakemake"
        case .dvc: "DVC"
        }
    }
}

/// Where the contests take place: a folder, and the programs that were found.
final class Ground {
    let folder: URL
    /// Absolute paths.
    private(set) var programs: [Tool: String] = [:]
    private var versions: [Tool: String] = [:]

    init(folder: String?, programs names: [Tool: String]) throws {
        let parent =
            folder.map { URL(fileURLWithPath: $0, isDirectory: true) } ?? FileManager.default.temporaryDirectory
        self.folder = parent.appendingPathComponent("calm-bench-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        let calm = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("calm").path
        guard access(calm, X_OK) == 0 else { throw BenchError("\(calm) is missing: build everything first") }
        programs[.calm] = calm
        for (tool, name) in names {
            guard let path = Self.find(name) else { continue }
            let run = try? TimedProcess(path, ["--version"], in: self.folder).run()
            guard let run else { continue }
            programs[tool] = path
            versions[tool] = run.output.split(separator: "\n").first.map(String.init) ?? "?"
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private static func find(_ name: String) -> String? {
        if name.contains("/") {
            let path = URL(fileURLWithPath: name).path
            return access(path, X_OK) == 0 ? path : nil
        }
        return (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
            .first { access($0, X_OK) == 0 }
    }

    /// What to know when reading the figures.
    var environment: [String: String] {
        var facts = ["processors": "\(ProcessInfo.processInfo.activeProcessorCount)"]
        let processors = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = processors.split(separator: "\n").first { $0.hasPrefix("model name") }
        facts["processor"] = model?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        for tool in Tool.allCases where tool != .calm {
            facts[tool.title] =
                versions[tool] ?? "absent: name it with --\(tool.rawValue) PATH; its figures are left out"
        }
        return facts
    }

    /// A new folder for one tool in one contest.
    func place(_ contest: String, _ tool: Tool) throws -> Place {
        let url = folder.appendingPathComponent("\(contest)/\(tool.rawValue)", isDirectory: true)
        try? FileManager.default.removeItem(at: url)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        guard let program = programs[tool] else { throw BenchError("\(tool.title) is absent") }
        return Place(url: url, tool: tool, program: program)
    }
}

/// A tool in its folder.
struct Place {
    let url: URL
    let tool: Tool
    let program: String

    func write(_ text: String, to name: String) throws {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func remove(_ names: String...) {
        for name in names { try? FileManager.default.removeItem(at: url.appendingPathComponent(name)) }
    }

    func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: url.appendingPathComponent(name).path)
    }

    /// Makes the folder one of DVC's, its database inside, so that a cold run can begin without it.
    func beginDVC() throws {
        try run("init", "--no-scm", "--quiet")
        try run("config", "core.site_cache_dir", url.appendingPathComponent(".dvc/site").path)
        try run("config", "core.analytics", "false")
    }

    /// One run of the tool, which must end well.
    @discardableResult
    func run(_ arguments: String...) throws -> TimedProcess.Measurement {
        try TimedProcess(program, arguments, in: url).run()
    }

    @discardableResult
    func run(_ arguments: [String]) throws -> TimedProcess.Measurement {
        try TimedProcess(program, arguments, in: url).run()
    }
}

/// Something can't be measured.
struct BenchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
