import ArgumentParser
import Foundation
import Tensors

/// How a model from outside is computed.
struct ArithmeticOptions: ParsableArguments {
    enum Arithmetic: String, ExpressibleByArgument, CaseIterable { case auto, float32, int8 }

    @Option(
        help: ArgumentHelp(
            "Arithmetic: float32 is exact; int8 is faster and rounds activations and caches; auto is float32."))
    var dtype = Arithmetic.auto

    @Option(help: "Threads (default: as many as there are processors). They change no result.")
    var threads: Int?

    func validate() throws {
        if let threads, !(1...256).contains(threads) {
            throw ValidationError("--threads takes 1 to 256, found \(threads)")
        }
        do { try VectorWidth.check() } catch { throw ValidationError("\(error)") }
    }

    var products: FrozenProducts {
        let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
        return FrozenProducts(roundsActivations: dtype == .int8, pool: WorkerPool(threads: threads))
    }
}
