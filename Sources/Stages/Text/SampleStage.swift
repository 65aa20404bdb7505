import Artifacts
import Evaluation
import Foundation
import Pipelines

/// `text.sample`: a share of a dataset's examples, and the others.
enum SampleStage: StageKind {
    /// What decides where an example is.
    enum Subject: String, CaseIterable, Sendable { case prompt, answer }

    struct Parameters: StageParameters {
        var share = 1.0
        var count: Int?
        var by = Subject.prompt
        var limit: Int?
        var seed = 0

        static let fields: [ParameterField<Self>] = [
            .double(
                "share", \.share, in: 0...1,
                "Share of the prompts or answers that the sample has; a larger share has all that a smaller one of the same seed has"
            ),
            .optionalInt(
                "count", \.count, in: 1...Int.max,
                "How many examples the sample has at most, instead of a share; null for the share"),
            .choice(
                "by", \.by,
                "What decides where an example is: with answer all examples of one answer, such as a sentence in several languages, are "
                    + "in the sample or none is"),
            .optionalInt(
                "limit-per-group", \.limit, in: 1...Int.max,
                "How many examples of each group the sample has at most; what goes beyond is neither in the sample nor in the rest. Null for no limit"
            ),
            .int("seed", \.seed, in: 0...Int.max, "With another seed other examples are in the sample"),
        ]
    }

    static let name = "text.sample"
    static let version = 1
    static let summary = "A share of a dataset's examples, and the rest, by prompt or by answer"
    static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("sample.examples", "How many examples the sample has"),
        MetricDeclaration("rest.examples", "How many the rest has"),
        MetricDeclaration("over-limit", "How many neither has, since their group has as many as it may"),
    ]

    static func inputs(_ parameters: Parameters) -> [InputRole] {
        [InputRole("dataset", [.dataset], "prompts and answers")]
    }

    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [
            OutputRole("sample", .dataset, "the share"),
            OutputRole("rest", .dataset, "what isn't in it"),
        ]
    }

    static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        if parameters.count != nil, parameters.share < 1 {
            throw PlanningError(parameter: "count", "found a share as well, expected a count or a share")
        }
        try StoredExamples.check(inputs)
        let facts = inputs["dataset"]?.first ?? [:]
        return ["sample": facts, "rest": facts]
    }

    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let dataset = try context.input("dataset")
        guard StoredExamples.isMember(of: dataset) else {
            throw StageFailure(
                .badInput, "the dataset \(dataset.digest.short) of '\(dataset.stage)' has no prompts and answers")
        }
        let examples = try StoredExamples.examples(of: dataset)
        let sides = sides(of: examples, parameters)
        for (role, isSample) in [("sample", true), ("rest", false)] {
            let chosen = zip(examples, sides).filter { $0.1 == isSample }.map(\.0)
            context.metric("\(role).examples", Double(chosen.count))
            if chosen.isEmpty, isSample { context.note("the sample has none of the \(examples.count) examples") }
            var metadata = dataset.manifest.metadata
            for name in ["examples", "count"] where metadata[name] != nil { metadata[name] = .int(chosen.count) }
            let isTable = dataset.manifest.members[Example.member] != nil
            try context.write(
                role, metadata: metadata,
                members: [
                    isTable
                        ? (Example.member, Data(Example.table(chosen).utf8))
                        : (StoredExamples.member, StoredExamples.lines(chosen))
                ])
        }
        context.metric("over-limit", Double(sides.count { $0 == nil }))
    }

    /// For each example whether it is in the sample; nil if it is in neither.
    private static func sides(of examples: [Example], _ parameters: Parameters) -> [Bool?] {
        // By the bytes: Swift calls texts equal that are written differently.
        var places: [Data: Double] = [:]
        var members: [Double: [Int]] = [:]
        for (index, example) in examples.enumerated() {
            let text = Data((parameters.by == .prompt ? example.messages ?? example.prompt : example.answer).utf8)
            let place =
                places[text] ?? Digest(of: Data("calm text.sample 1\n\(parameters.seed)\n".utf8) + text).fraction
            places[text] = place
            members[place, default: []].append(index)
        }
        var sides = [Bool?](repeating: false, count: examples.count)
        var taken = 0
        var groups: [String: Int] = [:]
        for (place, indices) in members.sorted(by: { $0.key < $1.key }) {
            if parameters.count == nil, place >= parameters.share { break }
            let fitting = indices.filter { index in
                guard let limit = parameters.limit else { return true }
                let names = Set(examples[index].groups)
                guard names.allSatisfy({ groups[$0, default: 0] < limit }) else { return false }
                for name in names { groups[name, default: 0] += 1 }
                return true
            }
            if let count = parameters.count, taken + fitting.count > count { break }
            taken += fitting.count
            for index in indices { sides[index] = nil }
            for index in fitting { sides[index] = true }
        }
        return sides
    }
}
