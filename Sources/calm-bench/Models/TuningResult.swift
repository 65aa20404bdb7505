import Foundation
import Glibc
import Tensors

/// What the further training of a model came to, and what calm means to reach.
struct TuningResult: Encodable {
    struct Contender: Encodable {
        let name: String
        private(set) var losses: [Double] = []
        private(set) var seconds: [Double] = []
        private(set) var processorSeconds: [Double] = []
        private(set) var peakBytes = 0.0

        init(name: String) { self.name = name }

        /// A step of calm's, which gives its loss.
        mutating func measure(_ step: () throws -> Double) throws {
            let start = (ContinuousClock.now, clock())
            let loss = try step()
            let seconds = (ContinuousClock.now - start.0) / .seconds(1)
            let processor = Double(clock() - start.1) / Double(CLOCKS_PER_SEC)
            let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            let peak = (Double(line?.split(whereSeparator: \.isWhitespace).dropFirst().first ?? "") ?? .nan) * 1024
            add(loss: loss, seconds: seconds, processor: processor, peak: peak)
        }

        private mutating func add(loss: Double, seconds: Double, processor: Double, peak: Double) {
            losses.append(loss)
            self.seconds.append(seconds)
            processorSeconds.append(processor)
            peakBytes = max(peakBytes, peak)
        }

        /// What a peer answered.
        mutating func add(_ answer: [String: Any]) throws {
            add(
                loss: try answer.number("loss"), seconds: try answer.number("seconds"),
                processor: try answer.number("processor"), peak: try answer.number("peak"))
        }

        /// For people.
        func line(tokens: Int) -> String {
            let (wall, processor) = (Double(tokens) / median, Double(tokens) / processorMedian)
            return "  \(name.padded(to: 15)) \("\(decimals(wall, 1)) tokens/s".padded(to: 18)) "
                + "\("\(decimals(processor, 1)) a processor second".padded(to: 26)) "
                + "\(decimals(peakBytes / 0x1p30, 2)) GiB, last loss \(decimals(losses.last ?? .nan, 4))"
        }

        private static func median(_ values: [Double]) -> Double {
            // The first steps take memory and compile.
            let sorted = values.dropFirst(2).sorted()
            return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        }

        var median: Double { Self.median(seconds) }
        var processorMedian: Double { Self.median(processorSeconds) }
    }

    struct Goal: Encodable {
        let text: String
        let reached: Double
        let isMet: Bool

        /// For people.
        var line: String { "  goal: \(text), \(isMet ? "met" : "missed"): \(decimals(reached, 4))" }
    }

    let model: String
    let threads: Int
    let precision: String
    let accumulation: Int
    let recomputes: Bool
    /// Of a step.
    let tokens: Int
    let contenders: [Contender]
    let goals: [Goal]

    private static let factor = 1.1
    private static let limit = 4 * 0x1p30
    private static let deviation = 0.005

    init(
        model: String, threads: Int, precision: String, accumulation: Int, recomputes: Bool, tokens: Int,
        contenders: [Contender]
    ) {
        (self.model, self.threads, self.precision) = (model, threads, precision)
        (self.accumulation, self.recomputes, self.tokens) = (accumulation, recomputes, tokens)
        self.contenders = contenders
        let (own, peers) = (contenders[0], contenders.dropFirst())
        let wall = (peers.map(\.median).min() ?? .nan) / own.median
        let processor = (peers.map(\.processorMedian).min() ?? .nan) / own.processorMedian
        var goals = [
            Goal(
                text: "\(Self.factor) times the faster of them, by the clock", reached: wall, isMet: wall >= Self.factor
            ),
            Goal(
                text: "\(Self.factor) times the faster of them, by processor seconds", reached: processor,
                isMet: processor >= Self.factor),
            Goal(text: "at most 4 GiB in memory", reached: own.peakBytes / 0x1p30, isMet: own.peakBytes <= Self.limit),
        ]
        // Autocast rounds other operands to bfloat16 than calm does.
        if precision == Precision.float32.rawValue, let eager = peers.first {
            let off = zip(own.losses, eager.losses).map { abs($0 - $1) / $1 }.max() ?? .nan
            goals.append(
                Goal(
                    text: "each step's loss within \(Self.deviation) of PyTorch's, relatively", reached: off,
                    isMet: off <= Self.deviation))
        }
        self.goals = goals
    }

    /// For people.
    var text: String {
        let how = "accumulate \(accumulation)\(recomputes ? ", recompute" : "")"
        var lines = ["\(model), \(precision), \(threads) threads, \(tokens) tokens a step, calm with \(how)"]
        lines += contenders.map { $0.line(tokens: tokens) } + goals.map(\.line)
        return lines.joined(separator: "\n")
    }
}
