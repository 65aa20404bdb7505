import ArgumentParser
import Foundation
import Tensors

/// How a model from outside is computed.
struct ArithmeticOptions: ParsableArguments {
    enum Arithmetic: String, ExpressibleByArgument, CaseIterable { case auto, float32, int8 }

    @Option(
        help: ArgumentHelp(
            "Arithmetic of products with the weights: float32 is exact. int8 is for speed: it rounds what quantised weights are "
                + "multiplied with to int8, as llama.cpp does, with AVX512-VNNI always, with AVX2 or NEON where at most 16 "
                + "tokens are computed at once; with AVX512-VNNI it keeps keys and values in half precision; with AVX512-BF16 it "
                + "rounds more than 8 tokens that bfloat16 weights are multiplied with; and it adds up few tokens' products "
                + "in an order of its own. auto is float32, so that what is computed doesn't depend on the processor."))
    var dtype = Arithmetic.auto

    @Option(help: "Threads (default: as many as there are processors). They change no result.")
    var threads: Int?

    func validate() throws {
        if let threads, !(1...256).contains(threads) {
            throw ValidationError("--threads takes 1 to 256, found \(threads)")
        }
    }

    var products: FrozenProducts {
        let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
        return FrozenProducts(roundsActivations: dtype == .int8, pool: WorkerPool(threads: threads))
    }
}
