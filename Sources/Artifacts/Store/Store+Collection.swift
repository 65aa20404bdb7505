import Foundation
import Glibc

extension Store {
    /// Finds what nothing in `roots` needs.
    ///
    /// The caller holds `locks/gc` exclusively: nobody else writes or relies on what has no record yet.
    /// - Throws: `StoreError`, also for a record that a newer calm wrote, since what it needs isn't known.
    package func planCollection(_ roots: CollectionRoots, _ options: CollectionOptions) throws -> CollectionPlan {
        var collection = Collection(store: self, roots: roots)
        try collection.read()
        try collection.drop(budget: options.budget)
        return try collection.plan(options)
    }

    /// Removes what a plan says; returns what was removed, and why the rest couldn't be.
    ///
    /// First the records, durably and after their copies for history, then what they need: nothing stands for what is gone,
    /// wherever it is cut short. If a record can't be removed, nothing else is.
    /// What else lies about, such as a killed stage's working folder, is removed as far as that can be done: `left` says what
    /// couldn't be. It costs nothing but room.
    package func collect(
        _ plan: CollectionPlan
    ) -> (removed: [CollectionPlan.Item], problems: [String], left: [String]) {
        var left: [String] = []
        let steps: [(CollectionPlan.Subject) throws -> CollectionStep] = [
            { subject in
                guard case .execution(let key) = subject else { return .done }
                try keep(collectionOf: key)
                return .changed(collectedPath(key))
            },
            { subject in
                let file: String
                switch subject {
                case .execution(let key): file = executionPath(key)
                case .superseded(let result): file = supersededPath(result)
                case .object, .file: return .done
                }
                try remove(file)
                return .changed(file)
            },
            { subject in
                switch subject {
                case .object(let digest): try remove(object: digest)
                case .file(let name):
                    let failures = TreeRemoval.remove(path + "/" + name)
                    left += failures.prefix(3).map(\.message)
                    if failures.count > 3 { left.append("and \(failures.count - 3) more below \(path)/\(name)") }
                    return failures.isEmpty ? .done : .passed
                case .execution, .superseded: break
                }
                return .done
            },
        ]
        var removed: [CollectionPlan.Item] = []
        for (number, step) in steps.enumerated() {
            let (done, problems) = take(step, plan.items)
            // The first step only gets ready, and records have no part in the last.
            if number > 0 { removed += done.filter { $0.subject.isRecord == (number == 1) } }
            guard problems.isEmpty else { return (removed, problems, left) }
        }
        return (removed, [], left)
    }

    /// Takes a step with each item, and makes the folders of the files durable that it says it changed.
    private func take(
        _ step: (CollectionPlan.Subject) throws -> CollectionStep, _ items: [CollectionPlan.Item]
    ) -> (done: [CollectionPlan.Item], problems: [String]) {
        var folders: Set<String> = []
        var done: [CollectionPlan.Item] = []
        var problems: [String] = []
        for item in items {
            do {
                switch try step(item.subject) {
                case .done: done.append(item)
                case .changed(let file):
                    folders.insert(Folder.parent(of: file))
                    done.append(item)
                case .passed: break
                }
            } catch {
                problems.append("\(error)")
            }
        }
        for folder in folders.sorted() {
            do throws(StoreError) {
                try Folder.synchronize(folder)
            } catch  where error.code == .missing {
                continue
            } catch {
                problems.append(error.message)
            }
        }
        return (done, problems)
    }
}

/// What a step of a collection did with an item.
private enum CollectionStep {
    case done
    /// The folder of this file has yet to be made durable.
    case changed(String)
    /// The item stays.
    case passed
}

/// The state of one collection's planning.
private struct Collection {
    /// An execution record: of a key, or a superseded one.
    private struct Name: Hashable {
        let key: Digest
        let superseded: ResultDigest?

        init(_ key: Digest) { (self.key, superseded) = (key, nil) }
        init(_ result: KeyedResult) { (key, superseded) = (result.key, result.result) }
    }

    let store: Store
    let roots: CollectionRoots
    private var records: [Name: ExecutionRecord] = [:]
    /// Bytes on disk of every object.
    private var sizes: [Digest: Int] = [:]
    private var members: [Digest: [Digest]] = [:]
    /// The objects that each execution needs.
    private var needs: [Name: Set<Digest>] = [:]
    /// The blobs of ingested test reports.
    private var reports: Set<Digest> = []
    private var kept: Set<Name> = []
    private var dropped: [Name] = []

    init(store: Store, roots: CollectionRoots) {
        self.store = store
        self.roots = roots
    }

    mutating func read() throws {
        for digest in try store.objectDigests() { sizes[digest] = store.bytesOnDisk(digest) ?? 0 }
        reports = Set(try store.reports().map(\.blob))
        for key in try store.executionKeys() { records[Name(key)] = try read(key) { try store.readExecution(key) } }
        for result in try store.supersededResults() {
            records[Name(result)] = try read(result.key) { try store.readSuperseded(result) }
        }
        for (name, record) in records {
            let artifacts = Set(record.outputs.values).union(record.inputs.map(\.digest))
            needs[name] = try artifacts.reduce(into: []) { $0.formUnion(try objects(of: $1)) }
        }
    }

    private func read(_ key: Digest, _ body: () throws -> ExecutionRecord) throws -> ExecutionRecord? {
        do {
            return try body()
        } catch let error as StoreError where error.code == .newerFormat {
            throw StoreError(
                .newerFormat,
                "execution record \(key) was written by a newer calm, so that it isn't known what it needs: collect with that one"
            )
        } catch let error as StoreError where [.damaged, .hostile, .missing].contains(error.code) {
            // Nothing can be had from it, and its stage runs again; `verify` reports it.
            return nil
        }
    }

    /// An artifact's manifest and members, as far as they are there.
    ///
    /// - Throws: `StoreError` for a manifest that can't be read though it may be sound, since what it needs isn't known then.
    private mutating func objects(of artifact: Digest) throws -> [Digest] {
        if let known = members[artifact] { return known }
        var found: [Digest] = []
        if sizes[artifact] != nil {
            found = [artifact]
            do {
                found += try store.manifest(artifact).members.values.map(\.digest).filter { sizes[$0] != nil }
            } catch let error as StoreError where [.damaged, .hostile, .missing].contains(error.code) {
                // Nothing can be had from it, and its stage runs again.
            }
        }
        members[artifact] = found
        return found
    }

    /// Drops executions that aren't needed, the one unused for longest first; without a budget all of them.
    mutating func drop(budget: Int?) throws {
        kept = Set(roots.executions.map { Name($0) } + roots.results.map { Name($0) }).filter { records[$0] != nil }
        var users: [Digest: Int] = [:]
        for name in records.keys { for object in needs[name] ?? [] { users[object, default: 0] += 1 } }
        for artifact in roots.artifacts { for object in try objects(of: artifact) { users[object, default: 0] += 1 } }
        for report in reports { users[report, default: 0] += 1 }
        var total = users.keys.reduce(0) { $0 + (sizes[$1] ?? 0) }
        let candidates = records.filter { !kept.contains($0.key) }.map { (age: age($0.value), name: $0.key) }.sorted {
            ($0.age, $0.name.key, $0.name.superseded?.hex ?? "") < ($1.age, $1.name.key, $1.name.superseded?.hex ?? "")
        }
        for (_, name) in candidates {
            if let budget, total <= budget {
                kept.insert(name)
                continue
            }
            dropped.append(name)
            for object in needs[name] ?? [] {
                users[object, default: 0] -= 1
                if users[object] == 0 { total -= sizes[object] ?? 0 }
            }
        }
    }

    private func age(_ record: ExecutionRecord) -> Double {
        roots.lastUse[record.keyedResult]?.time ?? record.startedAt
    }

    mutating func plan(_ options: CollectionOptions) throws -> CollectionPlan {
        var plan = CollectionPlan()
        plan.keptExecutions = kept.count
        var needed = kept.reduce(into: Set<Digest>()) { $0.formUnion(needs[$1] ?? []) }
        for artifact in roots.artifacts { needed.formUnion(try objects(of: artifact)) }
        needed.formUnion(reports)
        for name in dropped {
            guard let record = records[name] else { continue }
            let isSuperseded = name.superseded != nil
            let file = isSuperseded ? store.supersededPath(record.keyedResult) : store.executionPath(name.key)
            plan.items.append(
                CollectionPlan.Item(
                    subject: isSuperseded ? .superseded(record.keyedResult) : .execution(name.key),
                    bytes: size(of: file),
                    why: "\(title(of: record)); \(use(of: record))", group: group(of: record)))
        }
        let reasons = try reasons()
        for (digest, bytes) in sizes.sorted(by: { $0.key < $1.key }) {
            if needed.contains(digest) {
                plan.keptObjects += 1
                plan.keptBytes += bytes
            } else {
                let reason = reasons[digest] ?? (why: "no execution leads to it", group: "results of no execution")
                plan.items.append(
                    CollectionPlan.Item(
                        subject: .object(digest), bytes: bytes, why: reason.why, group: reason.group))
            }
        }
        plan.items += try files(options, needed: needed)
        return plan
    }

    /// Of which dropped execution an object was an output, or else an input.
    private mutating func reasons() throws -> [Digest: (why: String, group: String)] {
        var reasons: [Digest: (why: String, group: String)] = [:]
        let dropped = dropped.compactMap { records[$0] }
        for record in dropped {
            for input in record.inputs {
                for object in try objects(of: input.digest) where reasons[object] == nil {
                    reasons[object] = (
                        "input \(input.role) of \(title(of: record)); \(use(of: record))", group(of: record)
                    )
                }
            }
        }
        for record in dropped {
            for (role, artifact) in record.outputs {
                for object in try objects(of: artifact) {
                    reasons[object] = (
                        "output \(role) of \(title(of: record)); \(use(of: record))", group(of: record)
                    )
                }
            }
        }
        return reasons
    }

    private func title(of record: ExecutionRecord) -> String {
        "\(record.kind) \(record.key.short)" + (roots.lastUse[record.keyedResult].map { " (stage \($0.stage))" } ?? "")
    }

    private func use(of record: ExecutionRecord) -> String {
        roots.lastUse[record.keyedResult].map { "last used by run \($0.run)" } ?? "used by no run that is known"
    }

    private func group(of record: ExecutionRecord) -> String {
        guard let use = roots.lastUse[record.keyedResult] else { return "results that no known run used" }
        return roots.forgotten[use.run].map { "results of \($0)" } ?? "results of earlier runs"
    }

    private func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// What lies about besides objects and records.
    private func files(_ options: CollectionOptions, needed: Set<Digest>) throws -> [CollectionPlan.Item] {
        func item(_ name: String, _ why: String) -> CollectionPlan.Item {
            let group = name.hasPrefix("telemetry/") ? "curves of executions" : "leftovers"
            return CollectionPlan.Item(
                subject: .file(name), bytes: bytes(below: store.path + "/" + name), why: why, group: group)
        }
        var items = try store.leftovers().map { item("tmp/" + $0, "left over from a process that is gone") }
        var resumable: Set<Digest> = []
        let stale = Set(try store.staleCheckpoints())
        for key in try store.checkpointKeys() {
            if let why = uselessness(ofCheckpoint: key, isStale: stale.contains(key), options) {
                items.append(item("checkpoints/" + key.hex, why))
            } else {
                resumable.insert(key)
            }
        }
        for key in try store.telemetryKeys() where !kept.contains(Name(key)) {
            if records[Name(key)] == nil, resumable.contains(key) { continue }
            let name = String(store.telemetryPath(key).dropFirst(store.path.utf8.count + 1))
            items.append(item(name, "how an execution went that is gone or never finished"))
        }
        for name in try Folder.entries(store.path + "/locks") where Digest(hex: name) != nil {
            let file = store.locks.appendingPathComponent(name)
            guard isEmptyFile(file.path) else { continue }
            if (try? FileLock.exclusive(file, wait: false)) != nil {
                items.append(item("locks/" + name, "lock of a process that is gone"))
            }
        }
        for artifact in try store.materializedFolders() where !needed.contains(artifact) {
            items.append(item("materialized/" + artifact.hex, "plain copy of an artifact that is gone"))
        }
        if options.quarantined {
            items += try Folder.entries(store.path + "/quarantine").filter(Store.isSetAside)
                .map { item("quarantine/" + $0, "set aside earlier (--quarantined)") }
        }
        return items
    }

    /// Why nobody will go on from a checkpoint; nil if somebody may.
    private func uselessness(ofCheckpoint key: Digest, isStale: Bool, _ options: CollectionOptions) -> String? {
        if isStale { return "checkpoint of a stage that is done" }
        if options.unfinishedCheckpoints { return "checkpoint of a stage that never finished (--checkpoints)" }
        if roots.abandoned.contains(key) {
            return "checkpoint of a stage that never finished, and that no latest run has"
        }
        // A run that was killed may have left it, and recorded nothing.
        let days = CollectionOptions.daysOfCheckpoints
        guard let age = store.age(ofCheckpoint: key), age > .seconds(days * 86_400) else { return nil }
        return "checkpoint of a stage that never finished, older than \(days) days"
    }

    /// As locks are.
    private func isEmptyFile(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_size == 0
    }

    private func bytes(below path: String) -> Int {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        // Links aren't followed: they may lead anywhere.
        guard status.st_mode & S_IFMT == S_IFDIR else { return Int(status.st_size) }
        return ((try? Folder.entries(path)) ?? []).reduce(0) { $0 + bytes(below: path + "/" + $1) }
    }
}
