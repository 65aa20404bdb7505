import Foundation

/// A folder of its own for one test, with pipelines, a store `s` and whatever else; removed at the end.
final class Workspace: Sendable {
    let folder: URL

    init(_ pipeline: String = "") throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if !pipeline.isEmpty { try write(pipeline) }
    }

    deinit { remove() }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    var store: URL { folder.appendingPathComponent("s") }

    func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

    func write(_ text: String, to name: String = "p.yaml") throws {
        try text.write(to: file(name), atomically: true, encoding: .utf8)
    }

    /// The lines of a file; none if there is no file.
    func lines(of name: String) -> [String] {
        ((try? String(contentsOf: file(name), encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    /// Runs `calm` to its end.
    func calm(_ arguments: String...) throws -> CalmProcess.Ending { try calm(arguments) }

    func calm(_ arguments: [String]) throws -> CalmProcess.Ending {
        try CalmProcess(CalmProcess.binary(), arguments, in: folder).wait()
    }

    /// Runs another program to its end.
    func program(_ url: URL, _ arguments: [String]) throws -> CalmProcess.Ending {
        try CalmProcess(url, arguments, in: folder).wait()
    }

    /// Starts `calm run p.yaml --store s --json` and more arguments.
    func start(_ arguments: String..., environment: [String: String] = [:]) throws -> CalmProcess {
        try CalmProcess(
            CalmProcess.binary(), ["run", "p.yaml", "--store", "s", "--json"] + arguments, in: folder,
            environment: environment)
    }

    /// Runs the pipeline to its end and reads its JSON document.
    @discardableResult
    func run(_ arguments: String...) throws -> RunDocument {
        let words = ["run", "p.yaml", "--store", "s", "--json"] + arguments
        return try RunDocument(of: try calm(words))
    }

    /// Runs a query on the store and parses the JSON that it writes.
    func query(_ arguments: String...) throws -> Any {
        let ending = try calm(arguments + ["--store", "s", "--json"])
        guard ending.exit == 0 else { throw CalmProcess.Problem(description: "\(arguments): \(ending.errors)") }
        return try JSONSerialization.jsonObject(with: Data(ending.output.utf8))
    }

    /// Where the store keeps an object.
    func object(_ digest: String) -> URL {
        store.appendingPathComponent("objects/\(digest.prefix(2))/\(digest.dropFirst(2))")
    }

    /// The digest of the one member of a command's output.
    func blob(of output: String) throws -> String {
        let artifact = try query("show", output) as? [String: Any]
        let members = artifact?["members"] as? [String: [String: Any]]
        guard let digest = members?.values.first?["digest"] as? String else {
            throw CalmProcess.Problem(description: "\(output) has no member: \(artifact ?? [:])")
        }
        return digest
    }
}

/// What `calm run --json` writes.
struct RunDocument: Decodable {
    struct Stage: Decodable {
        let name, state, why: String
        let key: String?
        let outputs: [String: String]
        let seconds: Double
        let metrics: [String: Double]
    }

    struct Gate: Decodable {
        let stage, metric, expected: String
        let value: Double?
        let passed: Bool
    }

    let run: String?
    let exit: Int32
    let stages: [Stage]
    let gates: [Gate]
    let error: String?

    /// - Throws: if the output isn't exactly one document, or the exit code in it isn't the process's.
    init(of ending: CalmProcess.Ending) throws {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(ending.output.utf8))
        } catch {
            throw CalmProcess.Problem(
                description: "not one document (\(error)): '\(ending.output)', exit \(ending.exit): \(ending.errors)")
        }
        guard exit == ending.exit else {
            throw CalmProcess.Problem(description: "exit \(ending.exit), but the document says \(exit)")
        }
    }

    subscript(_ stage: String) -> Stage? { stages.first { $0.name == stage } }

    /// State by stage.
    var states: [String: String] { Dictionary(uniqueKeysWithValues: stages.map { ($0.name, $0.state) }) }

    /// Names of the stages in `state`, in the document's order.
    func names(_ state: String) -> [String] { stages.filter { $0.state == state }.map(\.name) }
}
