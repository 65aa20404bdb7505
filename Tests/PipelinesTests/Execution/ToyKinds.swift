import Artifacts
import Foundation
import Pipelines

/// Writes its text.
enum TextStage: StageKind {
    struct Parameters: StageParameters {
        var text = ""
        var scale = 1.0
        static let fields: [ParameterField<Self>] = [
            .string("text", \.text, "What to write"), .double("scale", \.scale, in: 0...10, "Ignored"),
        ]
    }

    static let name = "toy.text"
    static let version = 1
    static let summary = "Writes its text"
    static func inputs(_ parameters: Parameters) -> [InputRole] { [] }
    static func outputs(_ parameters: Parameters) -> [OutputRole] { [OutputRole("text", .dataset, "The text")] }
    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        context.metric("characters", Double(parameters.text.count))
        context.metric("undefined", .nan)
        try context.write("text", members: [("text.txt", Data(parameters.text.utf8))])
    }
}

/// Joins its parts; with `count` it gives only their length, so that different parts can give the same bytes.
enum JoinStage: StageKind {
    struct Parameters: StageParameters {
        var count = false
        static let fields: [ParameterField<Self>] = [.bool("count", \.count, "Write the length")]
    }

    static let name = "toy.join"
    static let version = 1
    static let summary = "Joins its parts"
    static func inputs(_ parameters: Parameters) -> [InputRole] { [InputRole("parts", [.dataset], .many, "Texts")] }
    static func outputs(_ parameters: Parameters) -> [OutputRole] { [OutputRole("text", .dataset, "The text")] }
    static func cores(_ parameters: Parameters) -> CoreDemand { .upTo(64) }
    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let parts = try context.inputs("parts").map { artifact in
            try artifact.data(artifact.manifest.members.keys.sorted()[0])
        }
        let joined = Data(parts.joined())
        let bytes = parameters.count ? Data(String(joined.count).utf8) : joined
        try context.write("text", members: [("text.txt", bytes)])
    }
}

/// Fails in the way that it is told.
enum FailingStage: StageKind {
    struct Parameters: StageParameters {
        var how = "throws"
        static let fields: [ParameterField<Self>] = [.string("how", \.how, "throws, forgets or store")]
    }

    static let name = "toy.fail"
    static let version = 1
    static let summary = "Fails"
    static func inputs(_ parameters: Parameters) -> [InputRole] { [] }
    static func outputs(_ parameters: Parameters) -> [OutputRole] { [OutputRole("text", .dataset, "Never written")] }
    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        switch parameters.how {
        case "throws": throw StageFailure(.failed, "it was told to")
        case "store": throw StoreError(.full, "no space left")
        default: context.log("forgets to write")
        }
    }
}

/// Takes its time and notes when it began and ended.
enum SleepyStage: StageKind {
    struct Parameters: StageParameters {
        var milliseconds = 50
        var tag = ""
        static let fields: [ParameterField<Self>] = [
            .int("milliseconds", \.milliseconds, in: 0...60_000, "How long"),
            .string("tag", \.tag, "Makes keys differ"),
        ]
    }

    static let name = "toy.sleep"
    static let version = 1
    static let summary = "Sleeps"
    static func inputs(_ parameters: Parameters) -> [InputRole] { [] }
    static func outputs(_ parameters: Parameters) -> [OutputRole] { [OutputRole("text", .dataset, "Its tag")] }
    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        for step in 1...10 {
            usleep(UInt32(parameters.milliseconds) * 100)
            context.progress(StageProgress(completed: step, total: 10, unit: "naps"))
        }
        try context.write("text", members: [("tag.txt", Data(parameters.tag.utf8))])
    }
}

/// Its output names the stages that its inputs came from.
enum NamingStage: InputNamingKind {
    struct Parameters: StageParameters {
        static let fields: [ParameterField<Self>] = []
    }

    static let name = "toy.names"
    static let version = 3
    static let summary = "Names its inputs"
    static func inputs(_ parameters: Parameters) -> [InputRole] { [InputRole("parts", [], .many, "Anything")] }
    static func outputs(_ parameters: Parameters) -> [OutputRole] { [OutputRole("names", .table, "The names")] }
    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let names = context.inputLabels("parts").joined(separator: " ")
        try context.write("names", members: [("names.txt", Data(names.utf8))])
    }
}

let toyRegistry = StageRegistry([
    TextStage.self, JoinStage.self, FailingStage.self, SleepyStage.self, NamingStage.self, CommandStage.self,
])
