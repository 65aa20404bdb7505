/// Records operations over the rows of one shard and differentiates them in reverse.
///
/// A tape is used by one thread at a time and for one step after the other: ``begin()`` forgets the last step's variables
/// and reuses their memory. Only what leads to something trained is recorded: nothing is back-propagated below the first
/// variable that needs a gradient, and a frozen parameter set has no gradient buffer at all.
///
/// ```swift
/// tape.begin(training: parameters)
/// let w = tape.weights(parameters)
/// let y = tape.linear(x, w[weight])
/// let loss = tape.softmaxCrossEntropy(y, targets: targets)
/// tape.backward(from: loss.variable, upstream: 1 / Float(targets.count))
/// tape.parameterGradients   // in the order of `parameters`
/// ```
package final class Tape {
    private struct Node {
        let values: UnsafeMutablePointer<Float>
        var gradient: UnsafeMutablePointer<Float>?
        let needsGradient: Bool
        var isRead = false
    }

    private var nodes: [Node] = []
    private var operations: [Operation] = []
    private var idle: [(count: Int, buffer: UnsafeMutablePointer<Float>)] = []
    private var retained: [AnyObject] = []
    /// Products that are computed once somebody reads them, while ``waits``.
    private var waiting: [LinearProduct] = []
    private var waits = false
    private let arena = Arena()
    private var temporary = FloatStorage(count: 0)
    private var scratchAllocations = 0
    private var trained: FloatStorage?
    private var gradients = FloatStorage(count: 0)
    /// The trained set's tensors, and which of them have no gradient in this step so far: the first one overwrites.
    private var entries: [Parameters.Entry] = []
    private var isFresh: [Bool] = []
    var rotaryTables: [RotaryTable] = []
    /// How many masks this step has drawn: a number that names a dropout's place in the model, the same in each step.
    var masks = 0

    package let precision: Precision
    /// How it multiplies with frozen weights.
    package var frozenProducts = FrozenProducts()
    /// Whether a model keeps only what lies between its blocks, and computes the rest anew in the backward pass.
    package var recomputesBlocks = false

    package init(precision: Precision = .float32) {
        BLAS.prepare()
        self.precision = precision
    }

    /// Starts a step without gradients.
    package func begin() {
        nodes.removeAll(keepingCapacity: true)
        operations.removeAll(keepingCapacity: true)
        idle.removeAll(keepingCapacity: true)
        retained.removeAll(keepingCapacity: true)
        waiting.removeAll(keepingCapacity: true)
        arena.reset()
        trained = nil
        entries = []
        masks = 0
    }

    /// Starts a step that differentiates with respect to `parameters`, with gradients in `buffer` or in one of the tape's
    /// own; if it goes on, they are added to what is there.
    package func begin(
        training parameters: Parameters, gradientsIn buffer: FloatStorage? = nil, goingOn: Bool = false
    ) {
        begin()
        if let buffer { gradients = buffer }
        if gradients.count != parameters.count { gradients = FloatStorage(count: parameters.count) }
        precondition(buffer == nil || buffer === gradients, "a buffer of \(buffer?.count ?? 0) for \(parameters.count)")
        entries = parameters.entries
        isFresh.removeAll(keepingCapacity: true)
        for _ in entries { isFresh.append(!goingOn) }
        trained = parameters.storage
    }

    /// Ends a step: lets go of its variables and parameter sets, so that their owner can write to them in place.
    /// ``parameterGradients`` stay.
    package func end() {
        clearFreshGradients()
        begin()
    }

    /// A parameter set as operands. Frozen unless the step began with it; the storage lives until the next step begins.
    package func weights(_ parameters: Parameters) -> Weights {
        retained.append(parameters.storage)
        return Weights(
            tape: self, values: parameters.storage.base,
            gradients: parameters.storage === trained ? gradients.base : nil)
    }

    /// Keeps an object until the next step begins.
    func retain(_ object: AnyObject) { retained.append(object) }

    /// How often the tape has asked the system for memory for values; steps like earlier ones don't add to it.
    package var allocations: Int { arena.allocations + scratchAllocations }

    /// The most floats that a step's variables took at once.
    package var mostFloats: Int { arena.most }

    /// Gradients of the trained set after ``backward(from:upstream:)``.
    package var parameterGradients: UnsafeBufferPointer<Float> { UnsafeBufferPointer(gradients.elements) }

    // MARK: Variables

    /// A new variable with undefined values.
    func make(rows: Int, columns: Int, needsGradient: Bool) -> Variable {
        nodes.append(Node(values: arena.take(rows * columns), gradient: nil, needsGradient: needsGradient))
        return Variable(index: nodes.count - 1, rows: rows, columns: columns)
    }

    /// Another shape of x, over the same values. It may change in place only if x is read by nobody else.
    func alias(_ x: Variable, rows: Int, columns: Int) -> Variable {
        precondition(rows * columns <= x.count, "[\(rows), \(columns)] in the memory of \(x.shape)")
        computeIfWaiting(x)
        nodes.append(Node(values: nodes[x.index].values, gradient: nil, needsGradient: needsGradient(x)))
        nodes[x.index].isRead = true
        return Variable(index: nodes.count - 1, rows: rows, columns: columns)
    }

    /// A variable with the values of a matrix, copied.
    package func input(_ tensor: Tensor, wantsGradient: Bool = false) -> Variable {
        precondition(tensor.shape.count == 2, "a variable is a matrix, the tensor has shape \(tensor.shape)")
        let variable = make(rows: tensor.shape[0], columns: tensor.shape[1], needsGradient: wantsGradient)
        tensor.elements.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { nodes[variable.index].values.update(from: base, count: source.count) }
        }
        return variable
    }

    /// A frozen variable with the values of the one that `body` makes; all else that `body` made is forgotten at once.
    ///
    /// For frozen layers, whose inner activations no backward pass will need. The result takes the memory of `old`, a frozen
    /// variable that nobody reads any more.
    package func frozen(rows: Int, columns: Int, overwriting old: Variable? = nil, _ body: () -> Variable) -> Variable {
        let result =
            old.map { alias($0, rows: rows, columns: columns) }
            ?? make(rows: rows, columns: columns, needsGradient: false)
        let (mark, count) = (arena.mark(), nodes.count)
        let last = body()
        precondition(
            !needsGradient(last) && last.rows == rows && last.columns == columns,
            "frozen: [\(rows), \(columns)] from \(last.shape)\(needsGradient(last) ? ", which is trained" : "")")
        write(result).update(from: read(last), count: last.count)
        nodes.removeLast(nodes.count - count)
        arena.release(to: mark)
        return result
    }

    /// Runs `body` and forgets at once which variables it made, and by which operations.
    func forgetting<Result>(_ body: () -> Result) -> Result {
        let count = operations.count
        defer { operations.removeLast(operations.count - count) }
        return scoped(body)
    }

    /// Runs `body` and forgets all variables that it made at once. They are frozen, or its operations are forgotten as well.
    package func scoped<Result>(_ body: () -> Result) -> Result {
        let (mark, count) = (arena.mark(), nodes.count)
        defer {
            waiting.removeAll { $0.output.index >= count }
            nodes.removeLast(nodes.count - count)
            arena.release(to: mark)
        }
        return body()
    }

    /// A frozen variable whose values `fill` writes in place, all of them.
    package func input(
        rows: Int, columns: Int, fill: (UnsafeMutablePointer<Float>) throws -> Void
    ) rethrows -> Variable {
        let variable = make(rows: rows, columns: columns, needsGradient: false)
        try fill(write(variable))
        return variable
    }

    /// A frozen variable that reads `rows` x `columns` elements of a buffer in place, from `offset` on.
    package func external(_ storage: FloatStorage, offset: Int = 0, rows: Int, columns: Int) -> Variable {
        precondition(
            offset >= 0 && offset + rows * columns <= storage.count,
            "[\(rows), \(columns)] from \(offset) doesn't fit a buffer of \(storage.count)")
        retained.append(storage)
        nodes.append(Node(values: storage.base + offset, gradient: nil, needsGradient: false, isRead: true))
        return Variable(index: nodes.count - 1, rows: rows, columns: columns)
    }

    /// The values of a variable; valid until the next step begins.
    package func values(_ variable: Variable) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: read(variable), count: variable.count)
    }

    /// The values of a variable, copied.
    package func tensor(_ variable: Variable) -> Tensor {
        Tensor(shape: [variable.rows, variable.columns], elements: Array(values(variable)))
    }

    /// The gradient of an input that wanted one, copied; zeros if nothing reached it.
    package func gradient(_ variable: Variable) -> Tensor {
        let shape = [variable.rows, variable.columns]
        guard let gradient = nodes[variable.index].gradient else { return Tensor(zeros: shape) }
        return Tensor(shape: shape, elements: Array(UnsafeBufferPointer(start: gradient, count: variable.count)))
    }

    // MARK: For operations

    func needsGradient(_ variable: Variable) -> Bool { nodes[variable.index].needsGradient }

    /// Whether this step has something to train.
    var isTraining: Bool { trained != nil }

    /// The values as an operand. From here on they must not change.
    func read(_ variable: Variable) -> UnsafeMutablePointer<Float> {
        computeIfWaiting(variable)
        nodes[variable.index].isRead = true
        return nodes[variable.index].values
    }

    /// The values to fill in, or to change in place as long as nobody has read them.
    func write(_ variable: Variable) -> UnsafeMutablePointer<Float> {
        computeIfWaiting(variable)
        precondition(!nodes[variable.index].isRead, "a variable can't change in place after an operation has read it")
        return nodes[variable.index].values
    }

    /// Computes a product, or keeps it until its values are asked for: the last one of what is computed anew never are.
    func compute(_ product: LinearProduct) {
        guard waits else { return product.forward(into: write(product.output), on: self) }
        // As if it had read them: they must not change meanwhile.
        nodes[product.x.index].isRead = true
        if let residual = product.residual { nodes[residual.index].isRead = true }
        waiting.append(product)
    }

    private func computeIfWaiting(_ variable: Variable) {
        guard !waiting.isEmpty, let place = waiting.firstIndex(where: { $0.output.index == variable.index }) else {
            return
        }
        waiting.remove(at: place).forward(into: nodes[variable.index].values, on: self)
    }

    func record(_ operation: @autoclosure () -> Operation, for output: Variable) {
        if needsGradient(output) { operations.append(operation()) }
    }

    /// Memory until the end of the step, e.g. what a forward pass keeps for its backward pass.
    func keep(_ count: Int) -> UnsafeMutablePointer<Float> { arena.take(count) }

    /// Memory until the next call of this function.
    func scratch(_ count: Int) -> UnsafeMutablePointer<Float> {
        if temporary.count < count {
            temporary = FloatStorage(count: count)
            scratchAllocations += 1
        }
        return temporary.base
    }

    // MARK: Gradients

    /// Where to put the gradient of an operand: nil if it needs none; if `isFresh`, to be overwritten, else added to.
    func target(_ variable: Variable) -> (buffer: UnsafeMutablePointer<Float>, isFresh: Bool)? {
        guard nodes[variable.index].needsGradient else { return nil }
        if let gradient = nodes[variable.index].gradient { return (gradient, false) }
        let gradient = takeBuffer(variable.count)
        nodes[variable.index].gradient = gradient
        return (gradient, true)
    }

    /// Makes `buffer` the gradient of an operand that has none yet.
    func give(_ buffer: UnsafeMutablePointer<Float>, to variable: Variable) {
        precondition(nodes[variable.index].gradient == nil, "the variable has a gradient")
        nodes[variable.index].gradient = buffer
    }

    func hasGradient(_ variable: Variable) -> Bool { nodes[variable.index].gradient != nil }

    /// Where to add the gradient of an operand, for operations that only touch parts of it.
    func zeroedTarget(_ variable: Variable) -> UnsafeMutablePointer<Float>? {
        guard let (buffer, isFresh) = target(variable) else { return nil }
        if isFresh { buffer.update(repeating: 0, count: variable.count) }
        return buffer
    }

    /// Adds the gradient of `output` to that of `operand`, by handing the buffer over if it can.
    /// The last thing an operation does with its upstream gradient.
    func pass(_ upstream: UnsafeMutablePointer<Float>, of output: Variable, to operand: Variable) {
        guard nodes[operand.index].needsGradient else { return }
        if let gradient = nodes[operand.index].gradient {
            VectorMath.add(gradient, upstream, operand.count)
        } else if nodes[output.index].gradient == upstream {
            nodes[operand.index].gradient = upstream
            nodes[output.index].gradient = nil
        }
    }

    /// Where to put the gradient of a weight: nil if it is frozen; if `isFresh`, to be overwritten, else added to.
    func target(_ weight: Weight) -> (buffer: UnsafeMutablePointer<Float>, isFresh: Bool)? {
        guard let gradient = weight.gradient else { return nil }
        let index = entry(at: gradient - gradients.base)
        guard isFresh[index] else { return (gradient, false) }
        isFresh[index] = false
        // Of a slice, the rest has no gradient yet.
        let start = gradients.base + entries[index].offset
        let end = gradient + weight.count
        start.update(repeating: 0, count: gradient - start)
        end.update(repeating: 0, count: start + entries[index].count - end)
        return (gradient, true)
    }

    /// Where to add the gradient of a weight.
    func zeroedTarget(_ weight: Weight) -> UnsafeMutablePointer<Float>? {
        guard let (buffer, isFresh) = target(weight) else { return nil }
        if isFresh { buffer.update(repeating: 0, count: weight.count) }
        return buffer
    }

    /// Which tensor of the trained set starts at `offset`.
    private func entry(at offset: Int) -> Int {
        var (low, high) = (0, entries.count - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if entries[middle].offset <= offset { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// What nothing has reached has a gradient of zero.
    private func clearFreshGradients() {
        for (index, entry) in entries.enumerated() where isFresh[index] {
            (gradients.base + entry.offset).update(repeating: 0, count: entry.count)
            isFresh[index] = false
        }
    }

    /// Differentiates a 1 x 1 variable, times `upstream`.
    package func backward(from variable: Variable, upstream: Float) {
        precondition(variable.count == 1, "a variable of \(variable.shape) has no single gradient")
        guard let (buffer, _) = target(variable) else { return }
        buffer.pointee = upstream
        differentiate()
    }

    /// Vector-Jacobian product: the gradient of sum(gradient * variable).
    package func backward(from variable: Variable, gradient: Tensor) {
        precondition(
            gradient.shape == [variable.rows, variable.columns],
            "gradient of shape \(gradient.shape) for a variable of \(variable.shape)")
        guard let (buffer, _) = target(variable) else { return }
        gradient.elements.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { buffer.update(from: base, count: source.count) }
        }
        differentiate()
    }

    private func differentiate() {
        differentiate(from: 0)
        clearFreshGradients()
    }

    private func differentiate(from first: Int) {
        // By their places: an operation may record others behind itself.
        for index in (first..<operations.count).reversed() { operations[index].backward(on: self) }
    }

    /// Runs an operation's body again, recorded, and differentiates it at once.
    func differentiateAnew(_ operation: Recomputation, _ upstream: UnsafeMutablePointer<Float>) {
        // Outlives the body's own.
        _ = zeroedTarget(operation.x)
        let (buffers, drawn, first) = (idle, masks, operations.count)
        idle.removeAll()
        masks = operation.masks
        forgetting {
            waits = true
            let last = operation.body(operation.x)
            waits = false
            give(upstream, to: last)
            differentiate(from: first)
        }
        (idle, masks) = (buffers, drawn)
    }

    func propagate(_ operation: some DifferentiableOperation, inPlace: Bool = false) {
        let index = operation.output.index
        guard let upstream = nodes[index].gradient else { return }
        operation.backward(upstream, on: self)
        if !inPlace, let done = nodes[index].gradient {
            idle.append((operation.output.count, done))
            nodes[index].gradient = nil
        }
    }

    private func takeBuffer(_ count: Int) -> UnsafeMutablePointer<Float> {
        if let found = idle.lastIndex(where: { $0.count == count }) { return idle.remove(at: found).buffer }
        return arena.take(count)
    }
}
