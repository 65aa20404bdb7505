import Artifacts
import Foundation
import Pipelines
import Stages

/// `kv.pairs`: D_KV, random strings with unique integers.
package enum PairsStage: StageKind {
    package struct Parameters: StageParameters {
        var count = 512
        var maximum: Int?
        var shortest = 2
        var longest = 6
        var heldInShare = 0.2
        var seed = 0

        package init() {}

        package static let fields: [ParameterField<Self>] = [
            .int("count", \.count, in: 2...1_000_000, "How many keys"),
            .optionalInt(
                "maximum", \.maximum, in: 2...1_000_000_000, "Values are drawn from 1 to this; null for `count`"),
            .int("shortest", \.shortest, in: 1...16, "Letters of the shortest keys"),
            .int("longest", \.longest, in: 1...16, "Letters of the longest keys"),
            .double("held-in-share", \.heldInShare, in: 0...1, "Share of the keys that composition may see"),
            .int("seed", \.seed, in: 0...Int.max, "Seed of the random generator"),
        ]

        func settings() throws -> KeyValuePairs.Settings {
            guard shortest <= longest else {
                throw PlanningError(
                    parameter: "shortest", "the shortest keys, \(shortest), are longer than the longest, \(longest)")
            }
            return KeyValuePairs.Settings(
                count: count, maximum: maximum ?? count, keyLengths: shortest...longest, heldInShare: heldInShare,
                seed: seed)
        }
    }

    package static let name = "kv.pairs"
    package static let version = 2
    package static let summary = "Random string keys, each with a unique integer (CALM §4.1, D_KV)"
    package static let metrics: [MetricDeclaration]? = []
    package static let member = "pairs.tsv"

    package static func inputs(_ parameters: Parameters) -> [InputRole] { [] }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("pairs", .dataset, "key, value and whether composition may see the key")]
    }

    package static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        let settings = try parameters.settings()
        if let problem = settings.problem { throw PlanningError(parameter: problem.parameter, problem.message) }
        return [
            "pairs": [
                "keys": settings.count, "held-in": settings.heldInCount, "maximum": settings.maximum,
            ]
        ]
    }

    package static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let pairs = KeyValuePairs.generate(try parameters.settings())
        try context.write(
            "pairs",
            metadata: [
                "keys": .int(pairs.pairs.count), "held-in": .int(pairs.heldIn.count),
                "maximum": .int(try parameters.settings().maximum),
            ],
            members: [(member, Data(pairs.table.utf8))])
    }
}
