import ArgumentParser
import Checkpoints
import Foundation
import JSONReading

/// The pipeline that `calm compose` stands for.
struct CompositionPlan {
    let pipeline: String

    /// - Throws: `CommandFailure` if models or data aren't there, `ValidationError` if a name is taken.
    init(_ command: ComposeCommand) throws {
        let augmenting = command.augmenting.indices.map { $0 == 0 ? "augmenting" : "augmenting-\($0 + 1)" }
        let own = [
            "anchor", "data", "corpus", "validation-corpus", "bits-per-byte", "accuracy", "likelihood", "answers",
        ]
        guard command.out.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9_-]{0,63}/) != nil else {
            throw ValidationError("--out: '\(command.out)' is no name, expected letters, digits, - and _")
        }
        guard !(own + augmenting).contains(command.out) else {
            throw ValidationError("--out: '\(command.out)' is the name of another stage of the pipeline")
        }
        let data = try Data(files: command.data)
        if command.acts == .afterPrompt, !data.isExamples {
            throw ValidationError("--acts after-prompt needs prompts and answers, the data are texts")
        }
        if command.acts == .everywhere, data.kind == .chats {
            throw ValidationError("--acts everywhere: each model reads a chat in words of its own; leave it out")
        }
        let acts = command.acts ?? (data.isExamples ? .afterPrompt : .everywhere)
        let models = augmenting + ["anchor", command.out]
        let steps =
            command.steps ?? min(400, max(20, Int(Double(data.count) * (0.95 - command.heldOut)) / command.batch))

        let prefix = command.anchorPrefix.map(Self.quoted)
        // The anchor alone reads its prefix there, too.
        let others = prefix == nil ? models : models.filter { $0 != "anchor" }

        var text = """
            name: \(command.out)
            description: \(Self.quoted("Joins \(([command.anchor] + command.augmenting).map(Self.name).joined(separator: " and "))"))
            params: { steps: \(steps), seed: \(command.seed) }
            stages:
              anchor: { uses: model.import, in: { source: \(try Self.source(command.anchor)) } }

            """
        for (name, path) in zip(augmenting, command.augmenting) {
            text += "  \(name): { uses: model.import, in: { source: \(try Self.source(path)) } }\n"
        }
        let files = data.paths.map { "{ file: \(Self.quoted($0)) }" }.joined(separator: ", ")
        let shares = "validation: 0.05, test: \(command.heldOut), seed: \"${params.seed}\""
        text += """

              # What nobody learns from is measured in the end.

            """
        switch data.kind {
        case .examples, .chats:
            text += "  data: { uses: text.examples, in: { examples: [\(files)] }, with: { \(shares) } }\n"
        case .texts(let unit):
            text +=
                "  data: { uses: text.corpus, in: { texts: [\(files)] }, with: { documents: \(unit), \(shares) } }\n"
        }
        // Sequences of a text are no longer than they must be; examples are whole.
        let longest = data.isExamples ? "" : ", with: { longest: 256 }"
        text += """
              corpus: { uses: corpus.tokenize, in: { datasets: data.train, tokenizer: anchor }\(longest) }
              validation-corpus: { uses: corpus.tokenize, in: { datasets: data.validation, tokenizer: anchor }\(longest) }
              \(command.out):
                uses: model.compose
                in: { anchor: anchor, augmenting: [\(augmenting.joined(separator: ", "))], corpus: corpus, validation: validation-corpus }
                with:
                  connections: \(try ComposeCommand.connections(command.connections))
                  acts: \(acts.rawValue)
                  steps: "${params.steps}"
                  batch: \(command.batch)
                  learning-rate: \(command.learningRate)
                  warmup: \(min(10, steps / 4))
                  frozen-activations-limit: 16384
                  seed: "${params.seed}"
            \(prefix.map { "      anchor-prefix: \($0)\n" } ?? "")
              # Each model alone, and the composition, on what was held out.
              likelihood:
                uses: evaluate.perplexity
                matrix: { model: [\(others.joined(separator: ", "))] }
                in: { model: "${matrix.model}", dataset: data.test }
                with: { label: "held-out.${matrix.model}", limit: 500 }

            """
        if let prefix {
            text += """
                  anchor-likelihood:
                    uses: evaluate.perplexity
                    in: { model: anchor, dataset: data.test }
                    with: { label: held-out.anchor, limit: 500, prefix: \(prefix) }

                """
        }
        text += """
              bits-per-byte:
                uses: results.table
                in: { scores: [\(prefix == nil ? "" : "anchor-likelihood, ")likelihood] }
                with: { title: bits per byte, metric: bits-per-byte, rows: [held-out], columns: [\(models.joined(separator: ", "))] }

            """
        if data.isExamples {
            text += """
                  answers:
                    uses: evaluate.exact-match
                    matrix: { model: [\(others.joined(separator: ", "))] }
                    in: { model: "${matrix.model}", dataset: data.test }
                    with: { label: "held-out.${matrix.model}", limit: 500, batch: 16 }

                """
            if let prefix {
                text += """
                      anchor-answers:
                        uses: evaluate.exact-match
                        in: { model: anchor, dataset: data.test }
                        with: { label: held-out.anchor, limit: 500, batch: 16, prefix: \(prefix) }

                    """
            }
            text += """
                  accuracy:
                    uses: results.table
                    in: { scores: [\(prefix == nil ? "" : "anchor-answers, ")answers] }
                    with: { title: share of exact answers, metric: accuracy, rows: [held-out], columns: [\(models.joined(separator: ", "))] }

                """
        }
        pipeline = text
    }

    /// A string in YAML.
    private static func quoted(_ text: String) -> String { JSONNode.string(text).text }

    private static func name(_ path: String) -> String { URL(fileURLWithPath: path).lastPathComponent }

    /// A model as the input of `model.import`.
    private static func source(_ path: String) throws -> String {
        let url = URL(fileURLWithPath: try ModelArgument.checked(path)).standardizedFileURL
        return "{ \(HuggingFaceFolder.isOne(path) ? "folder" : "file"): \(quoted(url.path)) }"
    }

    /// What a composition learns from.
    private struct Data {
        enum Kind: Equatable {
            case examples
            case chats
            /// Texts, and what a document is.
            case texts(unit: String)
        }

        let paths: [String]
        let kind: Kind
        /// About how many sequences it makes.
        let count: Int

        /// Prompts, or chats, and answers.
        var isExamples: Bool { kind == .examples || kind == .chats }

        init(files: [String]) throws {
            var kinds: [(Kind, String)] = []
            var (paths, count): ([String], Int) = ([], 0)
            for file in files {
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), !isFolder.boolValue else {
                    throw CommandFailure.notFound("\(file): no such file, expected JSONL or text")
                }
                let url = URL(fileURLWithPath: file).standardizedFileURL
                let bytes: [UInt8]
                do {
                    bytes = Array(try Foundation.Data(contentsOf: url, options: .mappedIfSafe))
                } catch {
                    throw CommandFailure.notFound("\(file): can't be read: \(error.localizedDescription)")
                }
                let kind = try Self.kind(bytes, file)
                kinds.append((kind, file))
                paths.append(url.path)
                count += kind == .examples || kind == .chats ? bytes.count { $0 == 0x0A } : bytes.count / 512
            }
            if let other = kinds.first(where: { $0.0 != kinds[0].0 }) {
                throw CommandFailure.notFound(
                    "\(other.1) and \(kinds[0].1) are of different kinds; expected prompts and answers, or texts, in all of them"
                )
            }
            (self.paths, self.count) = (paths, count)
            kind = kinds[0].0
        }

        /// By a file's first line: an object with a prompt and an answer, one with messages or a text, or a text itself.
        private static func kind(_ bytes: [UInt8], _ file: String) throws -> Kind {
            guard file.hasSuffix(".jsonl") || file.hasSuffix(".ndjson") else { return .texts(unit: "paragraphs") }
            let lines = bytes.split(separator: 0x0A, maxSplits: 1000, omittingEmptySubsequences: true)
            guard let line = lines.first(where: { $0.contains { !(0x09...0x0D).contains($0) && $0 != 0x20 } }) else {
                throw CommandFailure.notFound(
                    "\(file): empty, expected JSONL with 'prompt' and 'answer', with 'messages' or with 'text'")
            }
            let object: JSONMembers?
            do {
                object = try JSONNode(parsing: Array(line)).members
            } catch {
                throw CommandFailure.notFound("\(file), line 1, column \(error.column): \(error.message)")
            }
            if object?["prompt"] != nil, object?["answer"] != nil { return .examples }
            if object?["messages"] != nil { return .chats }
            if object?["text"] != nil { return .texts(unit: "jsonl") }
            let names = object?.names.prefix(12).joined(separator: ", ") ?? "no object"
            throw CommandFailure.notFound(
                "\(file), line 1: \(names); expected 'prompt' and 'answer', 'messages', or 'text'")
        }
    }
}
