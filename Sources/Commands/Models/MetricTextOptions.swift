import ArgumentParser
import Evaluation
import Foundation
import Tokenization

/// How chrF, chrF++ and BLEU read texts.
struct MetricTextOptions: ParsableArguments {
    enum Tokenization: String, ExpressibleByArgument, CaseIterable {
        case mteval13a = "13a"
        case international = "intl"
        case chinese = "zh"
        case characters = "char"
        case flores101, flores200
        case none

        var needsModel: Bool { self == .flores101 || self == .flores200 }
    }

    enum Smoothing: String, ExpressibleByArgument, CaseIterable {
        case exponential = "exp"
        case floor
        case addK = "add-k"
        case none
    }

    @Flag(help: "Ignore case (chrf, chrf++, bleu).")
    var lowercase = false

    @Option(help: "BLEU's tokenization, by sacrebleu's names. (default: 13a)")
    var tokenize: Tokenization?

    @Option(
        help: ArgumentHelp(
            "SentencePiece model for --tokenize flores101 or flores200, as in ~/.sacrebleu/models.", valueName: "file"),
        completion: .file())
    var sentencepiece: String?

    @Option(help: "BLEU's smoothing of orders without a match. (default: exp)")
    var smooth: Smoothing?

    @Option(help: "Value for --smooth floor (default: 0.1) or add-k (default: 1).")
    var smoothValue: Double?

    func validate(for metric: MetricCommand.Name) throws {
        if lowercase, metric == .gsm8k || metric == .passAtK {
            throw ValidationError("--lowercase is not available for \(metric.rawValue)")
        }
        if metric != .bleu, tokenize != nil || sentencepiece != nil || smooth != nil || smoothValue != nil {
            throw ValidationError(
                "--tokenize, --sentencepiece, --smooth and --smooth-value are for bleu, not for \(metric.rawValue)")
        }
        if let tokenize, tokenize.needsModel, sentencepiece == nil {
            throw ValidationError(
                "--tokenize \(tokenize.rawValue) needs --sentencepiece with the model file that sacrebleu downloads to "
                    + "~/.sacrebleu/models")
        }
        if sentencepiece != nil, tokenize?.needsModel != true {
            throw ValidationError("--sentencepiece needs --tokenize flores101 or --tokenize flores200")
        }
        guard let smoothValue else { return }
        guard smooth == .floor || smooth == .addK else {
            throw ValidationError("--smooth-value needs --smooth floor or --smooth add-k")
        }
        guard smoothValue > 0, smoothValue.isFinite else {
            throw ValidationError("--smooth-value takes a positive number, found \(smoothValue)")
        }
    }

    func bleu() throws -> BLEU {
        let smoothing: BLEU.Smoothing =
            switch smooth ?? .exponential {
            case .exponential: .exponential
            case .floor: .floor(smoothValue ?? 0.1)
            case .addK: .addK(smoothValue ?? 1)
            case .none: .none
            }
        let tokenization: BLEUTokenization =
            switch tokenize ?? .mteval13a {
            case .mteval13a: .mteval13a
            case .international: .international
            case .chinese: .chinese
            case .characters: .characters
            case .none: .none
            case .flores101, .flores200: try pieces()
            }
        return BLEU(tokenization: tokenization, smoothing: smoothing, isLowercase: lowercase)
    }

    private func pieces() throws -> BLEUTokenization {
        let file = sentencepiece ?? ""
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        } catch {
            throw CommandFailure.notFound("\(file): the file can't be read: \(error.localizedDescription)")
        }
        let segmenter: SentencePieceSegmenter
        do {
            segmenter = try SentencePieceSegmenter(Array(bytes), source: file)
        } catch {
            throw CommandFailure.notFound("\(error)")
        }
        return .pieces(name: (tokenize ?? .flores200).rawValue) { segmenter.pieces(of: $0) }
    }
}
