import Artifacts
import Pipelines
import Tokenization

// Whether numbers fit the tokenizer, and what is written in columns is read so. The fact `columns` is the number of digits
// in columns, 0 for what isn't written in columns.
extension KeyValueArithmetic {
    package static let tokenizerFacts: Set = ["columns"]

    package static func problem(datasets: [Facts], tokenizer: Facts) -> String? {
        if let capacity = tokenizer["capacity"], let magnitude = datasets.compactMap({ $0["magnitude"] }).max(),
            magnitude > capacity
        {
            return "the datasets hold numbers up to ±\(magnitude), the tokenizer writes up to ±\(capacity): "
                + "give it those expressions, or a larger width"
        }
        guard let columns = tokenizer["columns"] else { return nil }
        for dataset in datasets {
            if let own = dataset["columns"], let problem = problem(columns: own, tokenizer: columns) { return problem }
            if let own = dataset["operands"], let most = tokenizer["operands"], own > most {
                return "a dataset has expressions of \(own) operands, the tokenizer columns for \(most): "
                    + "give it those expressions"
            }
        }
        return nil
    }

    package static func problem(dataset: [String: JSONValue], tokenizer: any Tokenizer) -> String? {
        guard let numbers = (tokenizer as? SymbolTokenizer)?.numbers else { return nil }
        var own = 0
        if case .int(let width) = dataset["width"] { own = width }
        return problem(columns: own, tokenizer: numbers.style == .columns ? numbers.width : 0)
    }

    private static func problem(columns dataset: Int, tokenizer: Int) -> String? {
        if dataset == tokenizer { return nil }
        if dataset > 0, tokenizer > 0 {
            return "a dataset has numbers of \(dataset) digits in columns, the tokenizer of \(tokenizer): "
                + "give both one width"
        }
        return "the tokenizer and the datasets must both be for columns, or neither: columns are numbers: columns of "
            + "tokenizer.symbols and steps: columns of kv.task"
    }
}
