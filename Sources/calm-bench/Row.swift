/// One line of the benchmark: the same work by us, by PyTorch, and sometimes by a ceiling that nobody can pass.
struct Row {
    let name: String
    let summary: String
    let unit: Samples.Unit
    /// How many times faster than PyTorch (or than our reference) we mean to be.
    let goal: Double?
    /// What share of the ceiling we mean to reach.
    let ceilingGoal: Double?
    /// The most that we mean to take.
    let limit: Double?
    /// Floating-point operations of one unit of work, products only.
    let operations: Double?
    let prepare: (Bench) throws -> [Contender]

    init(
        _ name: String, _ summary: String, unit: Samples.Unit = .seconds, goal: Double? = nil,
        ceilingGoal: Double? = nil, limit: Double? = nil, operations: Double? = nil,
        prepare: @escaping (Bench) throws -> [Contender]
    ) {
        self.name = name
        self.summary = summary
        self.unit = unit
        self.goal = goal
        self.ceilingGoal = ceilingGoal
        self.limit = limit
        self.operations = operations
        self.prepare = prepare
    }
}

/// Someone who does a row's work.
struct Contender {
    enum Role: String, Encodable { case ours, reference, peer, ceiling }

    let name: String
    let role: Role
    /// Does `count` units of work and returns the seconds of one; or measures bytes.
    let measure: (_ count: Int) throws -> Double

    init(_ name: String, _ role: Role, measure: @escaping (_ count: Int) throws -> Double) {
        self.name = name
        self.role = role
        self.measure = measure
    }
}

/// What a row came to.
struct RowResult: Encodable {
    let name: String
    let summary: String
    let ours: Samples?
    /// Ourselves in another way: with one thread, say.
    let reference: Samples?
    let peers: [Samples]
    let ceiling: Samples?
    /// The fastest peer's time over ours.
    let ratio: Double?
    let goal: Double?
    /// Our reference's time over ours.
    let referenceRatio: Double?
    /// The ceiling's time over ours.
    let ceilingShare: Double?
    let ceilingGoal: Double?
    /// In seconds or bytes.
    let limit: Double?
    /// Of the products that the work consists of.
    let operationsPerSecond: Double?
    /// The same over what large products reach.
    let peakShare: Double?
    let notes: [String]

    init(_ row: Row, _ measured: [(Contender.Role, Samples)], peak: Double, notes: [String]) {
        func of(_ role: Contender.Role) -> [Samples] { measured.filter { $0.0 == role }.map(\.1) }
        let ours = of(.ours).first
        name = row.name
        summary = row.summary
        self.ours = ours
        reference = of(.reference).first
        peers = of(.peer)
        ceiling = of(.ceiling).min { $0.median < $1.median }
        func over(_ other: Double?) -> Double? {
            guard let ours, let other else { return nil }
            return other / ours.median
        }
        ratio = over(peers.map(\.median).min())
        referenceRatio = over(reference?.median)
        ceilingShare = over(ceiling?.median)
        goal = row.goal
        ceilingGoal = row.ceilingGoal
        limit = row.limit
        operationsPerSecond = over(row.operations)
        peakShare = operationsPerSecond.map { $0 / peak }
        self.notes = notes
    }
}
