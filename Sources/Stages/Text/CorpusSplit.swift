import Artifacts
import Foundation
import Pipelines

/// What documents or examples are for.
package enum CorpusSplit: String, CaseIterable, Sendable {
    case train, validation, test

    package var summary: String {
        switch self {
        case .train: "what models and tokenizers learn from"
        case .validation: "what choices are made by"
        case .test: "what is measured in the end"
        }
    }
}

/// How much of a corpus each split gets.
package struct SplitShares {
    let validation: Double
    let test: Double
    let seed: Int

    package init(validation: Double, test: Double, seed: Int) {
        self.validation = validation
        self.test = test
        self.seed = seed
    }

    /// Those that get any.
    package var splits: [CorpusSplit] {
        CorpusSplit.allCases.filter { $0 == .train || ($0 == .test ? test : validation) > 0 }
    }

    /// - Throws: `PlanningError` if nothing is left to train on.
    package func check(of what: String) throws {
        if validation + test >= 1 {
            throw PlanningError(
                parameter: validation > 0 ? "validation" : "test",
                "validation and test take \(validation + test) of the \(what), nothing is left to train on")
        }
    }

    /// The split of a text, by its bytes and the seed alone.
    ///
    /// Test and validation are drawn from opposite ends: another share of one moves none of the other.
    package func split(of text: Digest) -> CorpusSplit {
        let place = Digest(of: Data("calm text.corpus split 1\n\(seed)\n\(text.hex)".utf8)).fraction
        return place < test ? .test : place >= 1 - validation ? .validation : .train
    }
}

extension Digest {
    /// Its beginning as a number from 0 to less than 1: 52 bits, exact as a fraction.
    var fraction: Double { Double(UInt64(hex.prefix(13), radix: 16) ?? 0) * 0x1p-52 }
}
