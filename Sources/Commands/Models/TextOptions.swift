import ArgumentParser
import LanguageModels
import Tokenization

/// Whether text that looks like a control token is one.
enum SpecialText: String, ExpressibleByArgument, CaseIterable {
    case parse, text

    var control: ControlText { self == .parse ? .parsed : .plain }
}

/// Whether the tokens are added that the model expects in front of every text.
enum BeginningToken: String, ExpressibleByArgument, CaseIterable { case auto, no }

/// How text becomes tokens.
struct TextOptions: ParsableArguments {
    @Option(help: "Whether text that looks like a control token, such as <|im_end|>, is one: parse or text.")
    var special = SpecialText.parse

    @Option(help: "Whether the beginning token is added that the model's tokenizer adds: auto or no.")
    var bos = BeginningToken.auto

    var reading: TextReading {
        var reading = TextReading()
        reading.control = special.control
        reading.addsBeginning = bos == .auto
        return reading
    }

    /// The tokens of a text, with those in front that the model expects.
    func tokens(_ text: String, _ tokenizer: any Tokenizer) throws -> [Token] { try reading.tokens(text, tokenizer) }
}
