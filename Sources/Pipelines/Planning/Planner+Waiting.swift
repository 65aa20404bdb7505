import Artifacts

extension Planner {
    /// A stage that waits for others, with what differs already from its latest execution: an edit of its own.
    ///
    /// It has to run if no execution has such parameters and such inputs as are known; else an earlier one may do after all.
    func waitingStage(
        _ stage: ResolvedStage, for waiting: [String], known: [String: [String: Digest]], explains: Bool
    ) throws -> PlannedStage {
        func planned(_ differences: [Why.Difference], isCertain: Bool) -> PlannedStage {
            PlannedStage(
                name: stage.name, kind: stage.kind.name, decision: .waits(on: waiting), key: nil,
                differences: differences, isCertain: isCertain)
        }
        guard explains else { return planned([], isCertain: false) }
        let key = try PartialKey(of: stage, known: known, self)
        guard
            let nearest = try cache.nearestExecution(
                stage: stage.name, kind: stage.kind.name, document: key.document),
            nearest.stage == nil || nearest.stage == stage.name
        else { return planned([], isCertain: false) }
        let (before, now) = key.comparable(with: nearest.document)
        let differences = Why.differences(from: before, to: now, inputs: key.inputs)
        let isCertain =
            try !differences.isEmpty && !cache.hasExecution(ofKind: stage.kind.name) { key.mayBe($0) }
        return planned(differences, isCertain: isCertain)
    }
}

/// The key of a stage some of whose inputs aren't known yet.
private struct PartialKey {
    let inputs: [String: [BoundInput]]
    /// The places, by role, of those that are known.
    private let isKnown: [String: [Bool]]
    private let fields: [String: JSONValue]

    init(of stage: ResolvedStage, known: [String: [String: Digest]], _ planner: Planner) throws {
        isKnown = stage.inputs.mapValues { references in
            references.map { reference in
                if case .output(let producer, let role) = reference { known[producer]?[role] != nil } else { true }
            }
        }
        // What isn't known gets any digest for now.
        var outputs = known
        for case .output(let producer, let role) in stage.inputs.values.joined() where known[producer]?[role] == nil {
            outputs[producer, default: [:]][role] = Digest(of: [])
        }
        inputs = try planner.bind(stage, outputs: outputs)
        fields = try planner.key(of: stage, inputs: inputs).document.members ?? [:]
    }

    /// With null for the inputs that aren't known.
    var document: JSONValue { .object(withoutUnknown(fields)) }

    /// Both documents, with null for the inputs that aren't known.
    func comparable(with earlier: JSONValue) -> (before: JSONValue, now: JSONValue) {
        (.object(withoutUnknown(earlier.members ?? [:])), document)
    }

    /// Whether it could turn out to be the key of this document.
    func mayBe(_ earlier: JSONValue) -> Bool {
        let (before, now) = comparable(with: earlier)
        return before.isSame(as: now)
    }

    /// Replaces the inputs that aren't known by null, in each role that has as many.
    private func withoutUnknown(_ fields: [String: JSONValue]) -> [String: JSONValue] {
        var fields = fields
        var roles = fields["in"]?.members ?? [:]
        for (role, isKnown) in isKnown {
            guard case .array(var digests) = roles[role], digests.count == isKnown.count else { continue }
            for place in digests.indices where !isKnown[place] { digests[place] = .null }
            roles[role] = .array(digests)
        }
        fields["in"] = .object(roles)
        return fields
    }
}
