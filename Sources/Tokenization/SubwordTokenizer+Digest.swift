import Crypto

/// The digest of a tokenizer: of each part, written in one fixed way.
extension SubwordTokenizer {
    static func digest(_ parts: Parts) -> String {
        var hash = SHA256()
        func add(_ text: String) { add(Array(text.utf8)) }
        func add(_ bytes: [UInt8]) {
            withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: bytes)
        }
        func add(_ numbers: [Int32]) {
            withUnsafeBytes(of: UInt64(numbers.count).littleEndian) { hash.update(bufferPointer: $0) }
            numbers.map { $0.littleEndian }.withUnsafeBytes { hash.update(bufferPointer: $0) }
        }
        add("calm tokenizer 1")
        let vocabulary = parts.model.vocabulary
        var lengths: [Int32] = []
        var texts: [UInt8] = []
        lengths.reserveCapacity(vocabulary.idCount)
        texts.reserveCapacity(vocabulary.bytes.count)
        for id in 0..<vocabulary.idCount {
            let text = vocabulary.text(id)
            lengths.append(text.map { Int32($0.count) } ?? -1)
            if let text { texts += text }
        }
        add(lengths)
        add(texts)
        switch parts.model {
        case .bytePair(_, let merges, let options):
            add("byte pairs")
            add(merges.triples)
            add(options.canonical)
        case .unigram(_, let scores, let unknown, let fallsBackToBytes):
            add("unigram \(unknown ?? -1) \(fallsBackToBytes)")
            scores.map { $0.bitPattern.littleEndian }.withUnsafeBytes { hash.update(bufferPointer: $0) }
        case .wordPiece(_, let options):
            add("word pieces \(options.longestWord)")
            add(options.unknown)
            add(options.continuingPrefix)
        }
        add(parts.normalizer?.canonical ?? "")
        add(parts.preTokenizer.map { $0.steps.map(\.canonical).joined(separator: ";") } ?? "")
        add(parts.decoder.canonical)
        for token in parts.addedTokens {
            add(token.content)
            var flags: Int32 = 0
            for flag in [
                token.isSingleWord, token.stripsLeft, token.stripsRight, token.isNormalized, token.isControl,
            ] {
                flags = flags << 1 | (flag ? 1 : 0)
            }
            add([token.id, flags])
        }
        add(parts.leadingTokens)
        add(parts.trailingTokens)
        add([parts.beginning ?? -1, parts.end ?? -1])
        add(parts.hiddenIDs)
        return hash.finalize().map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}

/// Bytes as hexadecimal numbers, so that no separator can occur in them.
private func canonical(_ bytes: [UInt8]) -> String {
    "<" + bytes.map { String($0, radix: 16) }.joined(separator: " ") + ">"
}

extension BytePairModel.Options {
    fileprivate var canonical: String {
        """
        unknown \(unknown.map { Tokenization.canonical($0) } ?? "none") \(fusesUnknown) \(fallsBackToBytes) \
        \(ignoresMerges) \(Tokenization.canonical(continuingPrefix)) \(Tokenization.canonical(endSuffix))
        """
    }
}

extension Normalizer {
    fileprivate var canonical: String {
        switch self {
        case .form(let form): form.rawValue
        case .sequence(let normalizers): "(" + normalizers.map(\.canonical).joined(separator: ",") + ")"
        case .prepend(let text): "prepend" + Tokenization.canonical(text)
        case .replace(let pattern, let text): "replace \(pattern.canonical)" + Tokenization.canonical(text)
        case .strip(let left, let right): "strip \(left) \(right)"
        case .stripAccents: "accents"
        case .lowercase: "lowercase"
        case .nmt: "nmt"
        case .byteLevel: "bytes"
        case .map(let map): "map" + Tokenization.canonical(map.bytes)
        case .bert(let bert):
            "bert \(bert.cleansText) \(bert.spacesIdeographs) \(bert.stripsAccents) \(bert.lowercases)"
        }
    }
}

extension SplitPattern {
    fileprivate var canonical: String {
        switch self {
        case .gpt2: Tokenization.canonical(Array(Self.gpt2Text.utf8))
        case .qwen: Tokenization.canonical(Array(Self.qwenText.utf8))
        case .llama3: Tokenization.canonical(Array(Self.llama3Text.utf8))
        case .literal(let text): "literal" + Tokenization.canonical(text)
        case .characters(let kind):
            switch kind {
            case .whiteSpace: "spaces"
            case .numeric: "numerics"
            case .punctuation: "punctuation"
            case .scalar(let scalar): "scalar \(scalar)"
            }
        case .words: "words"
        case .program(_, let text): Tokenization.canonical(Array(text.utf8))
        }
    }
}

extension PreTokenizer.Step {
    fileprivate var canonical: String {
        switch self {
        case .split(let split): "split \(split.pattern.canonical) \(split.behavior.rawValue) \(split.isInverted)"
        case .prefixSpace: "space"
        case .byteAlphabet: "bytes"
        case .metaspace(let mark, let scheme, let cuts): "metaspace \(mark) \(scheme.rawValue) \(cuts)"
        }
    }
}

extension TokenDecoder {
    fileprivate var canonical: String {
        let steps = steps.map { step in
            switch step {
            case .byteLevel: "bytes"
            case .replace(let old, let new): "replace" + Tokenization.canonical(old) + Tokenization.canonical(new)
            case .byteFallback: "fallback"
            case .strip(let scalar, let start): "strip\(Tokenization.canonical(scalar)) \(start)"
            case .metaspace(let mark, let dropsFirst): "metaspace\(Tokenization.canonical(mark)) \(dropsFirst)"
            case .wordPiece(let prefix, let cleans): "pieces\(Tokenization.canonical(prefix)) \(cleans)"
            }
        }
        let suffix = endSuffix.map { " suffix" + Tokenization.canonical($0) } ?? ""
        return
            "\(steps.joined(separator: ";")) \(Tokenization.canonical(leadingScalar ?? [])) \(leadingCount) \(joinsWithSpaces)\(suffix)"
    }
}
