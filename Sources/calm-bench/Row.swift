/// One line of the benchmark: the same work by us, by PyTorch, and sometimes by a ceiling that nobody can pass.
struct Row {
    let name: String
    let summary: String
    /// How many times faster than PyTorch we mean to be.
    let goal: Double?
    /// What share of the ceiling we mean to reach.
    let ceilingGoal: Double?
    let prepare: (Bench) throws -> [Contender]

    init(
        _ name: String, _ summary: String, goal: Double? = nil, ceilingGoal: Double? = nil,
        prepare: @escaping (Bench) throws -> [Contender]
    ) {
        self.name = name
        self.summary = summary
        self.goal = goal
        self.ceilingGoal = ceilingGoal
        self.prepare = prepare
    }
}

/// Someone who does a row's work.
struct Contender {
    enum Role: String, Encodable { case ours, reference, peer, ceiling }

    let name: String
    let role: Role
    /// Does `count` units of work and returns the seconds of one.
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
    let notes: [String]

    init(_ row: Row, _ measured: [(Contender.Role, Samples)], notes: [String]) {
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
        self.notes = notes
    }
}
