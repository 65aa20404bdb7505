import Artifacts
import Datasets
import Foundation
import LanguageModels
import Pipelines

/// `tokenizer.symbols`: a tokenizer over a declared vocabulary of digits, operators and keys.
package enum TokenizerStage: StageKind {
    package enum KeyTokens: String, CaseIterable, Sendable { case tokens, characters }

    package struct Parameters: StageParameters {
        var keys = KeyTokens.tokens
        var numbers = NumberWriting.Style.complement
        var width: Int?

        package init() {}

        package static let fields: [ParameterField<Self>] = [
            .choice("keys", \.keys, "Whether a key is one token, or spelled in characters"),
            .choice("numbers", \.numbers, "How numbers are written; people always see decimals"),
            .optionalInt(
                "width", \.width, in: 1...18, "Digits a number; null for the fewest that fit `expressions`"),
        ]
    }

    package static let name = "tokenizer.symbols"
    package static let version = 1
    package static let summary = "A tokenizer over digits, operators and keys"
    package static let member = "tokenizer.json"

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole("pairs", [.dataset], "the keys"),
            InputRole("expressions", [.dataset], .many, "expressions whose numbers must fit"),
        ]
    }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("tokenizer", .tokenizer, "the tokenizer")]
    }

    package static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        if parameters.numbers == .natural, parameters.width != nil {
            throw PlanningError(parameter: "width", "numbers written naturally have no fixed width")
        }
        let magnitudes = (inputs["expressions"] ?? []).map { $0["magnitude"] }
        guard !magnitudes.contains(nil) else { return [:] }
        let width = try width(parameters, magnitude: magnitudes.compactMap { $0 }.max() ?? 0)
        return ["tokenizer": ["capacity": NumberWriting(style: parameters.numbers, width: width).capacity]]
    }

    /// - Throws: `PlanningError` if numbers up to `magnitude` can't be written.
    private static func width(_ parameters: Parameters, magnitude: Int) throws -> Int {
        guard let fitting = NumberWriting.width(for: magnitude, style: parameters.numbers) else {
            throw PlanningError(parameter: "width", "numbers up to ±\(magnitude) need more than 18 digits")
        }
        guard let width = parameters.width else { return fitting }
        if width < fitting {
            throw PlanningError(
                parameter: "width", "\(width) digits can't write numbers up to ±\(magnitude); \(fitting) can")
        }
        return width
    }

    package static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let pairs = try KeyValuePairs(
            table: try context.input("pairs").text(PairsStage.member), file: PairsStage.member)
        var magnitude = 0
        for input in try context.inputs("expressions") {
            guard case .int(let number) = input.manifest.metadata["magnitude"] else {
                throw DatasetError("artifact \(input.digest.short) doesn't say how large its numbers are")
            }
            magnitude = max(magnitude, number)
        }
        let tokenizer = try SymbolTokenizer(
            operators: ArithmeticOperator.allCases.map(\.rawValue) + ["="],
            keys: parameters.keys == .tokens ? pairs.pairs.map(\.key) : [],
            numbers: NumberWriting(style: parameters.numbers, width: try width(parameters, magnitude: magnitude)))
        try context.write(
            "tokenizer",
            metadata: ["vocabulary": .int(tokenizer.vocabularyCount), "numbers": .string(parameters.numbers.rawValue)],
            members: [(member, try tokenizer.json())])
    }
}
