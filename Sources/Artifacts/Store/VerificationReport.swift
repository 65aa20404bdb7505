/// What `Store.verify` found.
package struct VerificationReport: Hashable, Sendable {
    /// What a finding is about.
    package enum Subject: Hashable, Sendable {
        case object(Digest)
        /// An execution record, by its stage key.
        case execution(Digest)
        /// The record of an ingested test report.
        case report(Digest)
        /// A file that a person made, or a superseded record, by its path below the store.
        case file(String)
        case catalogue
    }

    package enum Problem: String, Hashable, Sendable {
        case damaged
        case missing
    }

    /// A stage execution that needs an object, or an artifact that a damaged record stands for.
    package struct Need: Hashable, Sendable {
        package enum Relation: String, Hashable, Sendable {
            /// The stage made it: running the stage again makes it anew.
            case output
            /// The stage read it.
            case input
        }

        package let relation: Relation
        /// The stage kind, such as `model.train`.
        package let kind: String
        package let key: Digest
        package let role: String
        package let artifact: Digest
        /// The member of the artifact, or nil if it is the manifest.
        package let member: String?
        /// The stage's name, if somebody knows it: records don't.
        package var stage: String?

        package init(
            relation: Relation, kind: String, key: Digest, role: String, artifact: Digest, member: String? = nil,
            stage: String? = nil
        ) {
            self.relation = relation
            self.kind = kind
            self.key = key
            self.role = role
            self.artifact = artifact
            self.member = member
            self.stage = stage
        }
    }

    /// One damaged or missing object or record, or something wrong in the catalogue.
    package struct Damage: Hashable, Sendable {
        package let subject: Subject
        package let problem: Problem
        /// What was found, what was expected, and where.
        package let message: String
        /// Executions that need it, sorted by kind, key, role and member.
        package var needs: [Need]
        /// Where the damaged file was put; nil if there was none, or it couldn't be moved.
        package let quarantined: String?

        package init(
            subject: Subject, problem: Problem, message: String, needs: [Need] = [], quarantined: String? = nil
        ) {
            self.subject = subject
            self.problem = problem
            self.message = message
            self.needs = needs
            self.quarantined = quarantined
        }
    }

    /// Something worth a line that is no damage.
    package enum Note: Hashable, Sendable {
        /// An object that no execution record leads to: of a stage under way, or of one that never finished.
        case orphan(Digest)
        /// A file below `tmp/` of a process that is gone.
        case leftover(String)
        /// The checkpoint of a stage that is done.
        case staleCheckpoint(Digest)
        /// A file in the store's folders with a name that calm doesn't give: it stays.
        case stranger(String)
        /// A file set aside earlier.
        case quarantined(String)
        /// An execution record of a newer calm.
        case newerRecord(Digest)
        /// Another file of a newer calm.
        case newerFile(String)
        /// An execution record that the catalogue doesn't know as it is: of a stage that ended just now, or whose run was killed.
        case unindexed(Digest)
        /// A run that the catalogue doesn't know to have ended, though its record says so: it was killed, or the disk full.
        case unindexedRun(String)
        /// An object that is missing or no artifact, but only a superseded result had it: no run makes it again.
        case gone(Digest, of: Need)
        /// Why the catalogue couldn't be compared with the records, though it may be sound.
        case uncheckedCatalogue(String)
        /// A damaged file that couldn't be set aside, and why.
        case unmovable(String)
        /// A file that can't be read just now, and why.
        case unreadable(String)
    }

    /// Objects read.
    package var objects = 0
    /// Bytes read, uncompressed.
    package var bytes = 0
    /// Execution records read.
    package var executions = 0
    package var damage: [Damage] = []
    package var notes: [Note] = []

    /// Whether nothing is damaged or missing; notes don't count.
    package var isSound: Bool { damage.isEmpty }
}

extension VerificationReport.Need: CustomStringConvertible {
    /// `output model of model.train 0123456789ab (stage anchor, artifact 456789abcdef, member weights.safetensors)`.
    package var description: String {
        let details = [stage.map { "stage \($0)" }, "artifact \(artifact.short)", member.map { "member \($0)" }]
        return
            "\(relation.rawValue) \(role) of \(kind) \(key.short) (\(details.compactMap(\.self).joined(separator: ", ")))"
    }
}

extension VerificationReport.Need: Comparable {
    package static func < (lhs: Self, rhs: Self) -> Bool {
        func order(_ need: Self) -> (String, String, String, String, String) {
            (need.kind, need.key.hex, need.role, need.relation.rawValue, need.member ?? "")
        }
        return order(lhs) < order(rhs)
    }
}

extension VerificationReport.Note: CustomStringConvertible {
    package var description: String {
        switch self {
        case .orphan(let digest): "object \(digest) belongs to no execution"
        case .leftover(let path): "\(path) is left over from a process that is gone"
        case .staleCheckpoint(let key): "checkpoint \(key) is of a stage that is done"
        case .stranger(let path): "\(path) was not written by calm; it stays"
        case .quarantined(let path): "\(path) was set aside earlier"
        case .newerFile(let path): "\(path) was written by a newer calm"
        case .newerRecord(let key): "execution record \(key) was written by a newer calm"
        case .unindexed(let key): "execution record \(key) isn't in the catalogue yet"
        case .gone(let digest, let need):
            "object \(digest), which only a superseded result had, is gone or no artifact: \(need)"
        case .unindexedRun(let run):
            "the catalogue doesn't know how run \(run) ended; `calm store rebuild-catalogue` reads it from its record"
        case .unmovable(let message), .unreadable(let message), .uncheckedCatalogue(let message): message
        }
    }
}

/// How far a verification is.
package struct VerificationProgress: Hashable, Sendable {
    package var objects: Int
    package var totalObjects: Int
    /// Bytes read so far, uncompressed.
    package var bytes: Int
}
