/// Reading of text whose spaces become ▁, without writing it anew: models of the SentencePiece kind do nothing else.
enum SpacedReading {
    /// When a ▁ is put before a text.
    enum Beginning: Sendable, Hashable {
        case asItIs
        /// Always, whatever the text begins with.
        case prefixed
        /// Unless the text begins with a space or ▁, and only at the start of the whole if `onlyFirst`.
        case prefixedUnlessSpaced(onlyFirst: Bool)

        func hasMark(_ base: UnsafePointer<UInt8>, _ range: Range<Int>) -> Bool {
            switch self {
            case .asItIs: return false
            case .prefixed: return true
            case .prefixedUnlessSpaced(let onlyFirst):
                if onlyFirst, range.lowerBound > 0 { return false }
                let text = UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
                return text.first != 0x20 && !text.starts(with: BytePairModel.spaceMark)
            }
        }
    }

    /// How text begins if all that a normalizer and pre-tokenizer do is to write spaces as ▁; nil if they do more.
    static func beginning(_ normalizer: Normalizer?, _ steps: [PreTokenizer.Step]) -> Beginning? {
        let replacement = Normalizer.replace(.literal([0x20]), with: BytePairModel.spaceMark)
        let prefix = Normalizer.prepend(BytePairModel.spaceMark)
        switch normalizer {
        case nil:
            guard steps.count == 1, case .metaspace(0x2581, let scheme, false) = steps[0] else { return nil }
            return scheme == .never ? .asItIs : .prefixedUnlessSpaced(onlyFirst: scheme == .first)
        case replacement, .sequence([replacement]):
            return isIdle(steps) ? .asItIs : nil
        case .sequence([prefix, replacement]), .sequence([replacement, prefix]):
            return isIdle(steps) ? .prefixed : nil
        default: return nil
        }
    }

    /// Whether steps cut at spaces alone, of which there are none left.
    private static func isIdle(_ steps: [PreTokenizer.Step]) -> Bool {
        steps.allSatisfy { step in
            guard case .split(let split) = step, split.pattern == .literal([0x20]) else { return false }
            return !split.isInverted
        }
    }
}
