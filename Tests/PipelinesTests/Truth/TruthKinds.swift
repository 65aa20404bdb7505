import Artifacts
import Foundation
import Pipelines

/// What can differ between two builds of the same stage kinds.
protocol KindVariation: Sendable {
    static var version: Int { get }
    static var modulo: Int { get }
    static var hasExtra: Bool { get }
}

enum FirstBuild: KindVariation {
    static let version = 1
    static let modulo = 1000
    static let hasExtra = false
}

enum BumpedVersion: KindVariation {
    static let version = 2
    static let modulo = 1000
    static let hasExtra = false
}

enum OtherDefault: KindVariation {
    static let version = 1
    static let modulo = 3
    static let hasExtra = false
}

enum AddedParameter: KindVariation {
    static let version = 1
    static let modulo = 1000
    static let hasExtra = true
}

enum TruthKinds {
    static func registry<Build: KindVariation>(_ build: Build.Type) -> StageRegistry {
        StageRegistry([
            TruthSource<Build>.self, TruthMix<Build>.self, TruthRead.self, TruthEnvironment.self, TruthNames.self,
        ])
    }

    static let registries = [
        registry(FirstBuild.self), registry(BumpedVersion.self), registry(OtherDefault.self),
        registry(AddedParameter.self),
    ]

    static func contents(_ context: StageContext, _ roles: [String]) throws -> String {
        try roles.flatMap { role in
            try context.inputs(role).map { artifact in
                let member = artifact.manifest.members.keys.sorted()[0]
                return String(decoding: try artifact.data(member), as: UTF8.self)
            } + ["|"]
        }.joined(separator: ";")
    }

    static func write(_ context: StageContext, _ outputs: [(role: String, text: String)]) throws {
        for (role, text) in outputs { try context.write(role, members: [("text.txt", Data(text.utf8))]) }
        context.metric("length", Double(outputs[0].text.utf8.count))
    }
}

enum TruthMode: String, CaseIterable, Sendable { case plain, upper }

/// A parameter of every type, one of which its outputs ignore.
enum TruthSource<Build: KindVariation>: StageKind {
    struct Parameters: StageParameters {
        var seed = 0
        var text = "abc"
        var mode = TruthMode.plain
        var limit: Int?
        var tags = JSONValue.array([])
        var note = "none"
        var extra = 0
        static var fields: [ParameterField<Self>] {
            let fields: [ParameterField<Self>] = [
                .int("seed", \.seed, in: 0...9, "Written"), .string("text", \.text, "Written"),
                .choice("mode", \.mode, "How"), .optionalInt("limit", \.limit, in: 0...9, "Written"),
                .json("tags", \.tags, .list(of: .string), "Written"), .string("note", \.note, "Ignored"),
            ]
            return Build.hasExtra ? fields + [.int("extra", \.extra, in: 0...9, "Ignored")] : fields
        }
    }

    static var name: String { "truth.source" }
    static var version: Int { Build.version }
    static var summary: String { "Writes its parameters" }
    static func inputs(_ parameters: Parameters) -> [InputRole] { [] }
    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("data", .dataset, "All"), OutputRole("size", .dataset, "Rarely another")]
    }
    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let text = parameters.mode == .upper ? parameters.text.uppercased() : parameters.text
        let limit = parameters.limit.map(String.init) ?? "none"
        let all = "source:\(parameters.seed):\(text):\(limit):\(parameters.tags.canonical)"
        try TruthKinds.write(context, [("data", all), ("size", "size:\(text.utf8.count)")])
    }
}

/// Joins many inputs to a number below `modulo`: the smaller that is, the more often the change ends here.
enum TruthMix<Build: KindVariation>: StageKind {
    struct Parameters: StageParameters {
        var separator = "-"
        var modulo = Build.modulo
        static var fields: [ParameterField<Self>] {
            [.string("separator", \.separator, "Joined"), .int("modulo", \.modulo, in: 1...1000, "How coarse")]
        }
    }

    static var name: String { "truth.mix" }
    static var version: Int { 1 }
    static var summary: String { "A number from all inputs" }
    static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole("parts", [.dataset, .file], .many, "Joined"),
            InputRole("base", [.dataset], .optional, "Joined"),
            InputRole("context", [.dataset, .file], .any, "Joined"),
        ]
    }
    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("data", .dataset, "The number"), OutputRole("count", .dataset, "How many parts")]
    }
    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let joined = try TruthKinds.contents(context, ["parts", "base", "context"]) + parameters.separator
        let number = joined.utf8.reduce(17) { ($0 &* 31 &+ Int($1)) & 0xFFFF_FFFF } % parameters.modulo
        let count = try context.inputs("parts").count
        try TruthKinds.write(context, [("data", "mix:\(number)"), ("count", "count:\(count)")])
    }
}

/// The first lines of a file.
enum TruthRead: StageKind {
    struct Parameters: StageParameters {
        var lines = 1
        static let fields: [ParameterField<Self>] = [.int("lines", \.lines, in: 0...9, "How many")]
    }

    static let name = "truth.read"
    static let version = 7
    static let summary = "The first lines of a file"
    static func inputs(_ parameters: Parameters) -> [InputRole] { [InputRole("file", [.file], "The file")] }
    static func outputs(_ parameters: Parameters) -> [OutputRole] { [OutputRole("data", .dataset, "The lines")] }
    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let lines = try TruthKinds.contents(context, ["file"]).split(separator: "\n").prefix(parameters.lines)
        try TruthKinds.write(context, [("data", "read:" + lines.joined(separator: "\n"))])
    }
}

/// The values of variables, of which only the first letters count.
enum TruthEnvironment: EnvironmentReadingKind {
    struct Parameters: StageParameters {
        var names = JSONValue.array([])
        static let fields: [ParameterField<Self>] = [.json("names", \.names, .list(of: .string), "Variables")]
        var list: [String] {
            guard case .array(let names) = names else { return [] }
            return names.compactMap(\.text)
        }
    }

    static let name = "truth.environment"
    static let version = 1
    static let summary = "The first letters of variables"
    static func environmentNames(_ parameters: Parameters) -> [String] { parameters.list }
    static func inputs(_ parameters: Parameters) -> [InputRole] { [] }
    static func outputs(_ parameters: Parameters) -> [OutputRole] { [OutputRole("data", .dataset, "Letters")] }
    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let letters = parameters.list.map { name in (context.environment[name] ?? nil).map { $0.prefix(1) } ?? "unset" }
        try TruthKinds.write(context, [("data", "environment:" + letters.joined(separator: ","))])
    }
}

/// The names of the stages that its inputs came from.
enum TruthNames: InputNamingKind {
    struct Parameters: StageParameters {
        static let fields: [ParameterField<Self>] = []
    }

    static let name = "truth.names"
    static let version = 1
    static let summary = "Names its inputs"
    static func inputs(_ parameters: Parameters) -> [InputRole] { [InputRole("parts", [], .many, "Anything")] }
    static func outputs(_ parameters: Parameters) -> [OutputRole] { [OutputRole("data", .dataset, "The names")] }
    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        try TruthKinds.write(context, [("data", "names:" + context.inputLabels("parts").joined(separator: ","))])
    }
}
