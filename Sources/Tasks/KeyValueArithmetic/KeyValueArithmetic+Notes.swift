import Artifacts
import Tokenization

extension KeyValueArithmetic {
    package static func notes(dataset: [String: JSONValue], tokenizer: any Tokenizer) -> [String] {
        var notes: [String] = []
        if let tokenizer = tokenizer as? SymbolTokenizer {
            let keys = tokenizer.keys.isEmpty ? "keys are spelled in characters" : "each key is one token"
            notes.append(
                "Models read and write numbers \(digits(tokenizer.numbers)); \(keys). "
                    + "Answers are judged as natural integers.")
        }
        let judge: KeyValueJudge? =
            if case .string(let name) = dataset["judge"] { KeyValueJudge(rawValue: name) } else { nil }
        switch judge {
        case .finalNumber where dataset["scratchpad"] == .bool(true):
            notes.append(
                "Arithmetic answers go through a scratchpad of running results; only the last number is judged.")
        case .columns:
            notes.append(
                "Arithmetic answers are calculated in columns, digit by digit, with every carry written down: the "
                    + "scratchpad carries the algorithm. Operands are numbered. Only the value at which the last column "
                    + "arrives is judged.")
        case .substitution:
            notes.append(
                "KV-SUBS is judged on the substitution with which an answer begins: it shares KV-MATH's prompts.")
        case .finalNumber, nil: break
        }
        return notes
    }

    private static func digits(_ numbers: NumberWriting) -> String {
        switch numbers.style {
        case .natural: "as people write them"
        case .padded: "padded to \(numbers.width) digits"
        case .reversed: "padded to \(numbers.width) digits, least significant first"
        case .columns: "as \(numbers.width) digits, least significant first, each behind its address"
        case .complement: "as \(numbers.width) digits of ten's complement, least significant first"
        }
    }
}
