/// Byte-level BPE in GGUF files: `tokenizer.ggml.model` is `gpt2`.
enum GGUFByteLevel {
    /// How text is cut before encoding.
    struct PreTokenization: Sendable {
        var normalizer: Normalizer?
        var digits = false
        var pattern: SplitPattern
        var ignoresMerges = false
        var addsBeginning = false
    }

    /// By `tokenizer.ggml.pre`.
    static let known: [String: PreTokenization] = [
        "gpt-2": PreTokenization(pattern: .gpt2),
        "smollm": PreTokenization(digits: true, pattern: .gpt2),
        "starcoder": PreTokenization(digits: true, pattern: .gpt2),
        "qwen2": PreTokenization(normalizer: .form(.nfc), pattern: .qwen),
        "deepseek-r1-qwen": PreTokenization(normalizer: .form(.nfc), pattern: .qwen),
        "llama-bpe": PreTokenization(pattern: .llama3, ignoresMerges: true, addsBeginning: true),
        "llama3": PreTokenization(pattern: .llama3, ignoresMerges: true, addsBeginning: true),
        "llama-v3": PreTokenization(pattern: .llama3, ignoresMerges: true, addsBeginning: true),
    ]

    /// Of names that mean the same, those that are written.
    static let preferred = ["gpt-2", "smollm", "qwen2", "llama-bpe", "tekken"]

    /// Mistral's since NeMo.
    static let tekkenText =
        #"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"#
        + #"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}"#
        + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    static func preTokenization(
        _ name: String?, _ source: String, key: String = "pre-tokenizer"
    ) throws(TokenizerError) -> PreTokenization {
        if let name, let known = known[name] { return known }
        if name == "tekken" {
            let pattern = try SplitPattern(regularExpression: tekkenText)
            return PreTokenization(pattern: pattern, ignoresMerges: true, addsBeginning: true)
        }
        let found = name.map { "'\($0)'" } ?? "nothing"
        throw TokenizerError(
            "\(source): \(key): found \(found), expected one of "
                + (known.keys + ["tekken"]).sorted().joined(separator: ", ")
                + "; how text is cut can't be guessed without changing what the model reads")
    }

    static func parts(_ file: GGUFVocabulary, _ source: String) throws(TokenizerError) -> SubwordTokenizer.Parts {
        let cut = try preTokenization(file.preTokenizer, source, key: "tokenizer.ggml.pre")
        let vocabulary = file.vocabulary
        var parts = cut.parts(vocabulary, try merges(file, vocabulary, source))
        parts.addedTokens = file.addedTokens { Array(file.tokens[$0]) }
        file.frame(&parts, addsBeginning: cut.addsBeginning)
        return parts
    }

    private static func merges(
        _ file: GGUFVocabulary, _ vocabulary: Vocabulary, _ source: String
    ) throws(TokenizerError) -> Merges {
        var builder = MergesBuilder(vocabulary, capacity: file.merges.count)
        do throws(MergesBuilder.Missing) {
            for index in 0..<file.merges.count {
                let merge = file.merges[index]
                // A token may begin with a space, but isn't empty.
                guard let space = merge.dropFirst().firstIndex(of: 0x20) else {
                    throw MergesBuilder.Missing(text: Array(merge), place: index)
                }
                try builder.append(merge[..<space], merge[(space + 1)...], place: index)
            }
            return try builder.finish()
        } catch {
            throw TokenizerError(
                "\(source): tokenizer.ggml.merges[\(error.place)]: '\(String(decoding: error.text, as: UTF8.self))' "
                    + "isn't in the vocabulary")
        }
    }
}

extension GGUFByteLevel.PreTokenization {
    func parts(_ vocabulary: Vocabulary, _ merges: Merges) -> SubwordTokenizer.Parts {
        var options = BytePairModel.Options()
        options.ignoresMerges = ignoresMerges
        var parts = SubwordTokenizer.Parts(model: .bytePair(vocabulary: vocabulary, merges: merges, options))
        parts.normalizer = normalizer
        var steps: [PreTokenizer.Step] = []
        if digits { steps.append(.split(Split(pattern: .characters(.numeric), behavior: .isolated))) }
        steps.append(.split(Split(pattern: pattern, behavior: .isolated)))
        parts.preTokenizer = PreTokenizer(steps: steps + [.byteAlphabet])
        parts.decoder = TokenDecoder(steps: [.byteLevel])
        return parts
    }
}
