import Artifacts
import Foundation
import Pipelines
import Stages

/// `tokenizer.symbols`: a tokenizer over a declared vocabulary of digits, operators and keys.
package enum SymbolTokenizerStage: StageKind {
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

        /// What numbers must fit: columns write operands only, and every result digit by digit.
        fileprivate var bound: String { numbers == .columns ? "largest-operand" : "magnitude" }
    }

    package static let name = "tokenizer.symbols"
    package static let version = 2
    package static let summary = "A tokenizer over digits, operators and keys"
    package static let metrics: [MetricDeclaration]? = []

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
        let largest = (inputs["expressions"] ?? []).map { $0[parameters.bound] }
        guard !largest.contains(nil) else { return [:] }
        let width = try width(parameters, largest: largest.compactMap { $0 }.max() ?? 0)
        let capacity = NumberWriting(style: parameters.numbers, width: width).capacity
        let operands = (inputs["expressions"] ?? []).compactMap { $0["operands"] }.max() ?? 0
        return [
            "tokenizer": parameters.numbers == .columns
                ? ["columns": width, "operands": operands] : ["columns": 0, "capacity": capacity]
        ]
    }

    /// - Throws: `PlanningError` if numbers up to `largest` can't be written.
    private static func width(_ parameters: Parameters, largest: Int) throws -> Int {
        guard let fitting = NumberWriting.width(for: largest, style: parameters.numbers) else {
            let digits = parameters.numbers.widest
            let number = largest == .max ? "numbers beyond 64 bits" : "numbers up to \(largest)"
            let way = parameters.numbers == .columns ? ": take smaller ones" : "; columns write products digit by digit"
            throw PlanningError(parameter: "numbers", "\(number) need more than \(digits) digits\(way)")
        }
        guard let width = parameters.width else { return fitting }
        if width < fitting {
            throw PlanningError(
                parameter: "width", "\(width) digits can't write numbers up to ±\(largest); \(fitting) can")
        }
        if width > parameters.numbers.widest {
            throw PlanningError(parameter: "width", "columns have at most \(parameters.numbers.widest) digits")
        }
        return width
    }

    package static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let pairs = try KeyValuePairs(
            table: try context.input("pairs").text(PairsStage.member), file: PairsStage.member)
        let expressions = try context.inputs("expressions")
        let largest = try expressions.map { try $0.number(parameters.bound) }.max() ?? 0
        let tokenizer = try SymbolTokenizer(
            operators: ArithmeticOperator.allCases.map(\.rawValue) + ["="],
            keys: parameters.keys == .tokens ? pairs.pairs.map(\.key) : [],
            numbers: NumberWriting(style: parameters.numbers, width: try width(parameters, largest: largest)),
            operands: parameters.numbers == .columns ? try expressions.map { try $0.number("operands") }.max() ?? 0 : 0)
        try context.write(
            "tokenizer",
            metadata: ["vocabulary": .int(tokenizer.vocabularyCount), "numbers": .string(parameters.numbers.rawValue)],
            members: [(StoredTokenizer.member, try tokenizer.json())])
    }
}
