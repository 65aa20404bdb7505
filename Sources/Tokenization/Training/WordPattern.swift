/// How text is cut into words before byte-level BPE, named after the models that made it known.
package enum WordPattern: String, CaseIterable, Sendable {
    /// GPT-2's: a space belongs to the word behind it.
    case gpt2
    /// Llama 3's: up to three digits, line breaks apart.
    case llama3
    /// Qwen 2's: single digits, otherwise as Llama 3's.
    case qwen2
    /// SmolLM's: single digits, otherwise as GPT-2's.
    case smollm

    /// The regular expression whose matches are words.
    package var expression: String {
        switch self {
        case .gpt2, .smollm: SplitPattern.gpt2Text
        case .llama3: SplitPattern.llama3Text
        case .qwen2: SplitPattern.qwenText
        }
    }

    /// Whether text is cut at each digit before.
    package var splitsDigits: Bool { self == .smollm }
}
