import Artifacts
import Pipelines
import Stages

package struct TranslationPairsParameters: StageParameters {
    var languageNames = JSONValue.object([:])
    var promptTemplate = "{language}: {source}\nEnglish:"
    var answerTemplate = " {english}\n"
    var sourceBytes = 48
    var englishBytes = 40
    var wordRange = JSONValue.array([.int(2), .int(14)])
    var validation = 0.04
    var test = 0.07
    var seed = 0
    var nearDuplicates = 0.75
    var judge = "first-line"

    package init() {}

    package static let fields: [ParameterField<Self>] = [
        .json(
            "languages", \.languageNames, .map(of: .string),
            "The languages that are taken: their codes, and their names in prompts; if empty all, by their codes. zu also takes "
                + "zu_ZA, unless zu_ZA is given too"),
        .string(
            "prompt", \.promptTemplate,
            "What a prompt is, with {language} and {source}, the text in the other language; {{ and }} are braces"),
        .string(
            "answer", \.answerTemplate,
            "What an answer is, with {english}; translations from English have {english} in the prompt and {source} here"
        ),
        .int(
            "source-bytes", \.sourceBytes, in: 0...1_000_000,
            "Bytes of the longest text in the other language; 0 for any length"),
        .int("english-bytes", \.englishBytes, in: 0...1_000_000, "Bytes of the longest English; 0 for any length"),
        .json(
            "words", \.wordRange, .list(of: .int(0...1_000_000)),
            "The fewest and the most words of the English; 0 as the most for any number"),
        .double(
            "validation", \.validation, in: 0...1,
            "Share of the English texts, with all their translations, for validation; 0 for no such output"),
        .double(
            "test", \.test, in: 0...1,
            "Share of the English texts, with all their translations, for the test; 0 for no such output"),
        .int("seed", \.seed, in: 0...Int.max, "With another seed other texts are in each split"),
        .double(
            "near-duplicates", \.nearDuplicates, in: 0.01...1,
            "Validation and test have no English whose words are as similar (Jaccard) to those of one in training; 1 for only those "
                + "with the same words"),
        .string("judge", \.judge, "How answers are judged, as in text.examples"),
    ]

    var shares: SplitShares { SplitShares(validation: validation, test: test, seed: seed) }

    var names: [String: String] {
        guard case .object(let members) = languageNames else { return [:] }
        return members.compactMapValues { if case .string(let name) = $0 { name } else { nil } }
    }

    /// - Throws: `PlanningError`.
    func languages() throws -> LanguageNames {
        for (code, name) in names.sorted(by: { $0.key < $1.key }) {
            guard LanguageNames.isCode(code) else {
                throw PlanningError(
                    parameter: "languages", "found the code '\(code)', expected one such as zu, en_ZA or kmr@latin")
            }
            guard name.contains(where: \.isLetter), !name.contains(where: \.isNewline) else {
                throw PlanningError(
                    parameter: "languages", "found '\(name)' as the name of \(code), expected one line with letters")
            }
        }
        let languages = LanguageNames(names)
        if let (one, other) = languages.sameCodes {
            throw PlanningError(parameter: "languages", "'\(one)' and '\(other)' are the same language: take one")
        }
        return languages
    }

    /// - Throws: `PlanningError`.
    func bounds() throws -> PairCollection.Bounds {
        var words: [Int] = []
        if case .array(let numbers) = wordRange {
            words = numbers.compactMap { if case .int(let number) = $0 { number } else { nil } }
        }
        guard words.count == 2, words[1] == 0 || words[0] <= words[1] else {
            throw PlanningError(
                parameter: "words",
                "found \(wordRange.canonical), expected the fewest and the most words, such as [2, 14], or [1, 0] for any number"
            )
        }
        return PairCollection.Bounds(
            source: sourceBytes > 0 ? sourceBytes : nil, english: englishBytes > 0 ? englishBytes : nil,
            fewestWords: words[0], mostWords: words[1] > 0 ? words[1] : nil)
    }

    /// The templates of prompts and answers: one has the English and the other the text in the other language.
    ///
    /// - Throws: `PlanningError`.
    func templates() throws -> (prompt: PairTemplate, answer: PairTemplate) {
        let prompt = try Self.template(promptTemplate, "prompt")
        let answer = try Self.template(answerTemplate, "answer")
        let (asked, answered) = (Set(prompt.fields), Set(answer.fields))
        let texts: Set<PairTemplate.Field> = [.source, .english]
        guard asked.intersection(texts).count == 1 else {
            throw PlanningError(
                parameter: "prompt",
                "found '\(promptTemplate)', expected {source} in it, or {english} for translations from English, and not both"
            )
        }
        let missing = texts.subtracting(asked)
        guard answered.intersection(texts) == missing else {
            throw PlanningError(
                parameter: "answer",
                "found '\(answerTemplate)', expected {\(missing.map(\.rawValue).joined())} in it, since the prompt has the other text"
            )
        }
        return (prompt, answer)
    }

    private static func template(_ text: String, _ parameter: String) throws -> PairTemplate {
        do throws(PairTemplate.Problem) {
            return try PairTemplate(text)
        } catch {
            throw PlanningError(parameter: parameter, error.message)
        }
    }
}
