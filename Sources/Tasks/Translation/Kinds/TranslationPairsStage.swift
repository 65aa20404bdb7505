import Artifacts
import Evaluation
import Foundation
import Pipelines
import Stages

/// `translation.pairs`: texts in many languages with their English, of programs' message catalogues, as prompts and answers.
package enum TranslationPairsStage: TaskReadingKind {
    package typealias Parameters = TranslationPairsParameters

    package static let name = "translation.pairs"
    package static let version = 1
    package static let summary =
        "Translations of gettext catalogues and JSONL files, cleaned, as prompts and answers, split by English text over all languages"
    package static let metrics: [MetricDeclaration]? =
        [
            MetricDeclaration("catalogues", "How many files were read whose language is taken"),
            MetricDeclaration("entries", "How many pairs of a language that is taken they have"),
            MetricDeclaration("fuzzy", "How many entries that a translator has yet to confirm were left out"),
            MetricDeclaration("pairs", "How many different pairs there are in all splits"),
            MetricDeclaration("<split>.pairs", "How many of them are in train, validation or test"),
            MetricDeclaration("<split>.<language>", "How many of them are of a language"),
        ] + Rejection.allCases.map { MetricDeclaration("left-out.\($0.rawValue)", $0.meaning) }

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole(
                "catalogues", [.file, .folder], .many,
                "gettext's .mo and .po, or .jsonl with source, target and language; of folders the files so named")
        ]
    }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        parameters.shares.splits.map { OutputRole($0.rawValue, .dataset, $0.summary) }
    }

    package static func plan(
        _ parameters: Parameters, inputs: [String: [Facts]], tasks: TaskRegistry
    ) throws -> [String: Facts] {
        try parameters.shares.check(of: "English texts")
        _ = try parameters.languages()
        _ = try parameters.bounds()
        _ = try parameters.templates()
        guard tasks.judge(named: parameters.judge) != nil else {
            throw PlanningError(
                parameter: "judge",
                "found '\(parameters.judge)', expected one of \(tasks.judgeNames.joined(separator: ", "))")
        }
        return [:]
    }

    package static func run(_ parameters: Parameters, _ context: StageContext, tasks: TaskRegistry) throws {
        let languages = try parameters.languages()
        var reader = CatalogueReader(languages: languages)
        var collection = PairCollection(bounds: try parameters.bounds())
        let artifacts = try context.inputs("catalogues")
        for (index, artifact) in artifacts.enumerated() {
            try reader.read(artifact) { collection.add($0.english, source: $0.source, language: $1) }
            context.progress(StageProgress(completed: index + 1, total: artifacts.count, unit: "inputs"))
        }
        if let first = reader.leftOut.first {
            context.note(
                "catalogues left out: \(reader.leftOut.count) that don't say their language and whose names are of others than those taken, such as \(first)"
            )
        }
        let missing = languages.codes.filter { !reader.found.contains($0) }
        guard missing.isEmpty else {
            throw StageFailure(
                .badInput,
                "no catalogue is in \(missing.joined(separator: ", ")); those given are in \(reader.allLanguages)")
        }

        let splits = collection.split(parameters.shares, threshold: parameters.nearDuplicates)
        let templates = try parameters.templates()
        for split in parameters.shares.splits {
            let pairs = splits[split] ?? []
            let examples = pairs.map { pair in
                let name = languages.find(pair.language)?.name ?? pair.language
                return Example(
                    prompt: templates.prompt.text(pair.text, language: name),
                    answer: templates.answer.text(pair.text, language: name), groups: [pair.language])
            }
            context.metric("\(split.rawValue).pairs", Double(pairs.count))
            let own = Dictionary(grouping: pairs, by: \.language)
            for language in reader.found {
                context.metric("\(split.rawValue).\(language)", Double(own[language]?.count ?? 0))
            }
            if pairs.isEmpty {
                context.note(
                    "\(split.rawValue) has none of the \(collection.pairs.count) pairs: give more, widen the bounds, or change its share"
                )
            }
            try context.write(split.rawValue, examples, metadata: ["judge": .string(parameters.judge)])
        }
        context.metric("pairs", Double(splits.values.reduce(0) { $0 + $1.count }))
        context.metric("catalogues", Double(reader.catalogues))
        context.metric("entries", Double(reader.entries))
        context.metric("fuzzy", Double(reader.fuzzy))
        for reason in Rejection.allCases {
            context.metric("left-out.\(reason.rawValue)", Double(collection.rejections[reason] ?? 0))
        }
    }
}
