/// What must stay in a store, and what is known of the rest.
package struct CollectionRoots: Sendable {
    /// Stage keys of executions that stay, with what they read and made.
    package var executions: Set<Digest> = []
    /// Results of keys that stay as well, if they were superseded.
    package var results: Set<KeyedResult> = []
    /// Artifacts that stay besides.
    package var artifacts: Set<Digest> = []
    /// When and by which run a result was last used.
    package var lastUse: [KeyedResult: LastUse] = [:]
    /// Stage keys that runs had, none of which is a latest one: what they left unfinished is not taken up again.
    package var abandoned: Set<Digest> = []
    /// The latest runs of checkouts that don't count any more, by id: whose they were, and why they don't.
    package var forgotten: [String: String] = [:]

    package struct LastUse: Hashable, Sendable {
        /// Seconds since 1970.
        package let time: Double
        package let run: String
        package let stage: String

        package init(time: Double, run: String, stage: String) {
            self.time = time
            self.run = run
            self.stage = stage
        }
    }

    package init() {}
}

package struct CollectionOptions: Sendable {
    /// Days for which a checkpoint stays that belongs to no run that is known.
    package static let daysOfCheckpoints = 30

    /// Bytes that the objects may take: what nothing needs stays as long as they don't take more, the last used longest.
    package var budget: Int?
    /// Whether all checkpoints of stages that never finished go, and not only those that nobody will take up.
    package var unfinishedCheckpoints = false
    /// Whether damaged files that were set aside go, too.
    package var quarantined = false

    package init() {}
}

/// What a collection removes, and why.
package struct CollectionPlan: Hashable, Sendable {
    package enum Subject: Hashable, Sendable {
        /// An execution record, by its stage key.
        case execution(Digest)
        /// A superseded record.
        case superseded(KeyedResult)
        case object(Digest)
        /// A file or folder, by its path below the store.
        case file(String)

        var isRecord: Bool {
            switch self {
            case .execution, .superseded: true
            case .object, .file: false
            }
        }
    }

    package struct Item: Hashable, Sendable {
        package let subject: Subject
        /// On disk.
        package let bytes: Int
        package let why: String
        /// In a few words, the same for all that go for one reason.
        package let group: String
    }

    /// Records first, then what they need: cut short, a collection leaves orphans and never a record without its outputs.
    package var items: [Item] = []
    package var keptExecutions = 0
    package var keptObjects = 0
    /// Of the objects that stay, on disk.
    package var keptBytes = 0

    /// Takes back the removal of everything but what processes left behind that are gone.
    package mutating func keepResults() {
        for item in items {
            switch item.subject {
            case .execution, .superseded: keptExecutions += 1
            case .object:
                keptObjects += 1
                keptBytes += item.bytes
            case .file: break
            }
        }
        items.removeAll { item in
            guard case .file(let name) = item.subject else { return true }
            return !name.hasPrefix("tmp/") && !name.hasPrefix("locks/")
        }
    }

    package var bytes: Int { items.reduce(0) { $0 + $1.bytes } }
}
