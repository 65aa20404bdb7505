import NeuralNetworks
import Tensors
import Testing

private func storage(_ values: [Float]) -> FloatStorage {
    let storage = FloatStorage(count: values.count)
    for (index, value) in values.enumerated() { storage.base[index] = value }
    return storage
}

@Suite("optimization")
struct OptimizationTests {
    private static func parameters(_ value: Float) -> Parameters {
        var declarations = ParameterDeclarations()
        _ = declarations.matrix("embedding.weight", 1, 2, .constant(value))
        _ = declarations.matrix("output.weight", 1, 2, .constant(value))
        _ = declarations.vector("norm.weight", 2, .constant(value))
        return declarations.initialized(seed: 1)
    }

    private static func updated(_ options: AdamW.Options, gradient: Float, steps: Int = 1) -> [Float] {
        var parameters = parameters(1)
        let optimizer = AdamW(options, for: parameters)
        let gradients = [Float](repeating: gradient, count: parameters.count)
        for _ in 0..<steps {
            _ = optimizer.update(
                &parameters, gradients: [storage(gradients)], scheduleFactor: 1, on: WorkerPool(threads: 1))
        }
        return parameters.withElements { Array($0) }
    }

    @Test("the first step moves each weight by the learning rate, against the gradient's sign")
    func firstStep() {
        let values = Self.updated(.init(learningRate: 0.1, decay: 0, clip: nil), gradient: -3)
        #expect(values.allSatisfy { abs($0 - 1.1) < 1e-6 })
    }

    @Test("decay shrinks matrices but not vectors, and rules change rate and decay by name")
    func rules() {
        let options = AdamW.Options(
            learningRate: 0.1, decay: 0.5, clip: nil,
            rules: [.init(name: "embedding", rateFactor: 5), .init(name: "output", decay: 0)])
        let values = Self.updated(options, gradient: 0)
        #expect(abs(values[0] - 0.75) < 1e-6)
        #expect(values[2] == 1)
        #expect(values[4] == 1)
    }

    @Test("a gradient above the clip is scaled down to it, as a whole")
    func clipping() {
        var (first, second) = (Self.parameters(0), Self.parameters(0))
        let clipped = AdamW(.init(learningRate: 0.1, decay: 0, clip: 1), for: first)
        let small = AdamW(.init(learningRate: 0.1, decay: 0, clip: nil), for: second)
        let large: [Float] = [30, 40, 0, 0, 0, 0]
        let norm = clipped.update(&first, gradients: [storage(large)], scheduleFactor: 1, on: WorkerPool(threads: 1))
        _ = small.update(
            &second, gradients: [storage(large.map { $0 / 50 })], scheduleFactor: 1, on: WorkerPool(threads: 1))
        #expect(norm == 50)
        // 30/50 is rounded before the mean in one and within it in the other.
        for (a, b) in zip(clipped.first.withElements { Array($0) }, small.first.withElements { Array($0) }) {
            #expect(abs(a - b) <= 1e-7)
        }
    }

    @Test("the shards' gradients are summed in order")
    func shards() {
        // In this order the sum is 2; small ones first, the large one would swallow them.
        let shards: [[Float]] = [[1e8, 0, 0, 0, 0, 0], [-1e8, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0]]
        for threads in [1, 2, 3] {
            var parameters = Self.parameters(0)
            let optimizer = AdamW(.init(learningRate: 0.1, clip: nil), for: parameters)
            let norm = optimizer.update(
                &parameters, gradients: shards.map(storage), scheduleFactor: 1, on: WorkerPool(threads: threads))
            #expect(norm == 2)
        }
    }

    @Test("schedules rise over the warm-up, and fall to zero at the end unless constant")
    func schedules() {
        for shape in LearningRateSchedule.Shape.allCases {
            let schedule = LearningRateSchedule(shape: shape, warmup: 4, steps: 12)
            #expect((0..<4).map(schedule.factor) == [0.25, 0.5, 0.75, 1])
            let middle: Float = shape == .constant ? 1 : 0.5
            #expect(abs(schedule.factor(step: 8) - middle) < 1e-6)
            #expect(abs(schedule.factor(step: 12) - (shape == .constant ? 1 : 0)) < 1e-6)
        }
    }

    @Test("a schedule that holds stays at its highest up to its share of the steps, then falls to zero")
    func hold() {
        let schedule = LearningRateSchedule(shape: .linear, warmup: 4, steps: 20, hold: 0.6)
        #expect((4...12).allSatisfy { schedule.factor(step: $0) == 1 })
        #expect(abs(schedule.factor(step: 16) - 0.5) < 1e-6)
        #expect(abs(schedule.factor(step: 20)) < 1e-6)
        // All of it: nothing is left to fall.
        #expect(LearningRateSchedule(shape: .cosine, warmup: 4, steps: 20, hold: 1).factor(step: 19) == 1)
    }

    @Test("an average follows the weights, quickly at first")
    func average() {
        var average = ExponentialMovingAverage(decay: 0.999, of: Self.parameters(0))
        average.update(Self.parameters(1), step: 1)
        let value = average.average["norm.weight"]?.elements.first ?? 0
        #expect(abs(value - (1 - 2.0 / 11)) < 1e-6)
    }
}
