import Foundation

extension Store {
    /// Reads everything: each object against its name, each execution record, each output and member it needs.
    ///
    /// Damaged objects and records are moved to `quarantine/`, so that the next run makes them anew; on a read-only
    /// store they stay, with a note. Objects and records that appear or go meanwhile are left alone.
    /// - Throws: `StoreError` only if the store can't be read at all.
    package func verify(progress: (VerificationProgress) -> Void = { _ in }) throws -> VerificationReport {
        var verification = Verification(store: self)
        try verification.readObjects(progress)
        try verification.readExecutions()
        try verification.readHistory()
        try verification.readSuperseded()
        try verification.readReports()
        try verification.readPins()
        try verification.readNotes(QuarantinedTest.self)
        try verification.readNotes(TestAlias.self)
        verification.judge()
        try verification.note()
        return verification.report
    }
}

/// The state of one verification.
private struct Verification {
    typealias Damage = VerificationReport.Damage
    typealias Need = VerificationReport.Need

    let store: Store
    var report = VerificationReport()
    /// Content sizes of the sound objects.
    private var sizes: [Digest: Int] = [:]
    /// What is wrong with objects, before it is known who needs them.
    private var faults: [Digest: StoreError] = [:]
    private var manifests: [Digest: Result<Manifest, StoreError>] = [:]
    private var needs: [Digest: Set<Need>] = [:]
    /// The objects of outputs that a stage makes anew when it runs again: those of records that aren't superseded.
    private var repairable: Set<Digest> = []
    /// The ingested reports by their blobs.
    private var reports: [Digest: Digest] = [:]

    init(store: Store) {
        self.store = store
    }

    mutating func readObjects(_ progress: (VerificationProgress) -> Void) throws {
        let (digests, strangers) = try store.scan("objects", suffix: "")
        report.notes += strangers.map { .stranger($0) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        for (index, digest) in digests.enumerated() {
            do {
                let size = try store.check(digest, through: buffer)
                sizes[digest] = size
                report.bytes += size
            } catch  where error.code == .missing {
                // Collected since it was listed; if a record needs it, that comes out below.
            } catch {
                faults[digest] = error
            }
            report.objects += 1
            progress(VerificationProgress(objects: index + 1, totalObjects: digests.count, bytes: report.bytes))
        }
    }

    mutating func readExecutions() throws {
        let (keys, strangers) = try store.scan("executions", suffix: ".json")
        report.notes += strangers.map { .stranger($0) }
        for key in keys {
            do {
                let record = try store.readExecution(key)
                collectNeeds(of: record)
                for output in record.outputs.values {
                    repairable.insert(output)
                    guard case .success(let manifest) = manifest(output) else { continue }
                    repairable.formUnion(manifest.members.values.map(\.digest))
                }
            } catch let error as StoreError where error.code == .newerFormat {
                report.notes.append(.newerRecord(key))
            } catch let error as StoreError where error.code == .missing {
                continue
            } catch let error as StoreError {
                let place = error.code == .io ? nil : setAside(store.executionPath(key), as: key.hex + ".json")
                report.damage.append(
                    Damage(
                        subject: .execution(key), problem: .damaged,
                        message: error.message + "; a run that needs it executes its stage again", needs: [],
                        quarantined: place))
            }
            report.executions += 1
        }
    }

    /// What the catalogue is made of besides: nothing needs it else.
    mutating func readHistory() throws {
        let store = store
        let (keys, strangers) = try store.scan("collected", suffix: ".json")
        report.notes += strangers.map { .stranger($0) }
        for key in keys {
            let file = "collected/\(key.hex.prefix(2))/\(key.hex.dropFirst(2)).json"
            let wayOut = "`calm store rebuild-catalogue` writes it anew if the old catalogue has it"
            try check(file, "collected-\(key).json", wayOut) { _ = try store.collectedExecution(key) }
        }
        for name in try store.importNames() {
            let wayOut = "import the file again: it says what its stages are called"
            try check("imports/\(name)", "import-\(name)", wayOut) { _ = try store.importIndex(name) }
        }
    }

    private mutating func check(
        _ file: String, _ name: String, _ wayOut: String, _ read: () throws -> Void
    ) throws {
        do {
            try read()
        } catch let error as StoreError where error.code == .newerFormat {
            report.notes.append(.newerFile(file))
        } catch let error as StoreError where error.code != .missing {
            let place = error.code == .io ? nil : setAside("\(store.path)/\(file)", as: name)
            report.damage.append(
                Damage(
                    subject: .file(file), problem: .damaged, message: "\(error.message); \(wayOut)",
                    quarantined: place))
        }
    }

    mutating func readSuperseded() throws {
        let (results, strangers) = try store.scanSuperseded()
        report.notes += strangers.map { .stranger($0) }
        for result in results {
            do {
                collectNeeds(of: try store.readSuperseded(result))
            } catch let error as StoreError where error.code == .newerFormat {
                report.notes.append(.newerRecord(result.key))
            } catch let error as StoreError where error.code == .missing {
                continue
            } catch let error as StoreError {
                let (file, name) = (store.supersededPath(result), "superseded-\(result.key)-\(result.result).json")
                report.damage.append(
                    Damage(
                        subject: .file(store.supersededName(result)), problem: .damaged, message: error.message,
                        quarantined: error.code == .io ? nil : setAside(file, as: name)))
            }
            report.executions += 1
        }
    }

    mutating func readReports() throws {
        for id in try store.reportIdentifiers() {
            do {
                reports[try store.report(id).blob] = id
            } catch let error where error.code == .newerFormat {
                report.notes.append(.newerRecord(id))
            } catch let error where error.code == .missing {
                continue
            } catch {
                let place = error.code == .io ? nil : setAside(store.reportPath(id), as: "report-\(id.hex).json")
                report.damage.append(
                    Damage(subject: .report(id), problem: .damaged, message: error.message, quarantined: place))
            }
        }
        for id in try store.refusedIdentifiers() {
            do {
                _ = try store.refused(id)
            } catch let error where error.code == .newerFormat {
                report.notes.append(.newerRecord(id))
            } catch let error where error.code == .missing {
                continue
            } catch {
                // It stays in its place: its run is incomplete for its sake.
                report.damage.append(
                    Damage(
                        subject: .report(id), problem: .damaged,
                        message: error.message
                            + "; it says that a file of a run was refused: remove it when that was ingested again"))
            }
        }
        for (blob, id) in reports where faults[blob] == nil && !store.contains(blob) {
            report.damage.append(
                Damage(
                    subject: .report(id), problem: .missing,
                    message:
                        "blob \(blob) of report \(id) is missing: no file \(store.objectPath(blob)); ingest it again"))
        }
    }

    /// A pin stays in its place, damaged or not: only a person knows what it is for.
    mutating func readPins() throws {
        for name in try store.pinNames() {
            let subject = VerificationReport.Subject.file("pins/\(name).json")
            do {
                guard let loss = store.loss(of: try store.pin(named: name)) else { continue }
                report.damage.append(Damage(subject: subject, problem: .missing, message: loss))
            } catch  where error.code != .missing {
                report.damage.append(Damage(subject: subject, problem: .damaged, message: error.message))
            } catch {
                continue
            }
        }
    }

    /// A damaged note stays in its place: only a person knows what it said.
    mutating func readNotes<Note: TestNote>(_ kind: Note.Type) throws {
        for name in try store.noteNames(kind) {
            do {
                _ = try store.note(kind, name)
            } catch  where error.code != .missing {
                report.damage.append(
                    Damage(
                        subject: .file("tests/\(Note.folder)/\(name).json"), problem: .damaged, message: error.message))
            } catch {
                continue
            }
        }
    }

    private mutating func collectNeeds(of record: ExecutionRecord) {
        let uses =
            record.outputs.map { (Need.Relation.output, $0.key, $0.value) }
            + record.inputs.map { (Need.Relation.input, $0.role, $0.digest) }
        for (relation, role, artifact) in uses {
            func need(_ member: String?) -> Need {
                Need(
                    relation: relation, kind: record.kind, key: record.key, role: role, artifact: artifact,
                    member: member)
            }
            needs[artifact, default: []].insert(need(nil))
            guard case .success(let manifest) = manifest(artifact) else { continue }
            for (name, member) in manifest.members { needs[member.digest, default: []].insert(need(name)) }
        }
    }

    private mutating func manifest(_ artifact: Digest) -> Result<Manifest, StoreError> {
        if let known = manifests[artifact] { return known }
        let result: Result<Manifest, StoreError>
        if let fault = faults[artifact] {
            result = .failure(fault)
        } else {
            do {
                result = .success(try store.manifest(artifact))
            } catch let error as StoreError {
                result = .failure(error)
            } catch {
                result = .failure(StoreError(.io, "artifact \(artifact) can't be read: \(error)"))
            }
        }
        manifests[artifact] = result
        return result
    }

    mutating func judge() {
        for (digest, fault) in faults.sorted(by: { $0.key < $1.key }) {
            // What can't be read (permissions, a failing disk) is reported, but not moved: it may be whole.
            let place = fault.code == .damaged ? setAside(store.objectPath(digest), as: digest.hex) : nil
            let use = reports[digest].map { "; it is the ingested report \($0): ingest it again" } ?? ""
            add(.damaged, digest, fault.message + use, quarantined: place)
        }
        for (artifact, result) in manifests where faults[artifact] == nil {
            switch result {
            case .failure(let error) where error.code == .missing || isPast(artifact):
                addMissing(artifact)
            case .failure(let error):
                add(.damaged, artifact, error.message, quarantined: nil)
            case .success(let manifest):
                for (name, member) in manifest.members where faults[member.digest] == nil {
                    if let size = sizes[member.digest], size != member.size {
                        add(
                            .damaged, artifact,
                            "artifact \(artifact) says that its member \(name) has \(member.size) bytes, found \(size)",
                            quarantined: nil)
                    } else if !store.contains(member.digest) {
                        addMissing(member.digest)
                    }
                }
            }
        }
        report.damage.sort { ($0.message, $0.problem.rawValue) < ($1.message, $1.problem.rawValue) }
    }

    /// Whether only superseded results had an object: no run makes it again.
    private func isPast(_ digest: Digest) -> Bool {
        !repairable.contains(digest) && needs[digest]?.contains { $0.relation == .output } == true
    }

    /// Missing inputs are no damage while the outputs are there: a collected or imported input is made again on demand. What
    /// only superseded results had is damage once, when it is found damaged and set aside; it can't be made again.
    private mutating func addMissing(_ digest: Digest) {
        guard let need = needs[digest]?.filter({ $0.relation == .output }).min() else { return }
        if isPast(digest) {
            let note = VerificationReport.Note.gone(digest, of: need)
            if !report.notes.contains(note) { report.notes.append(note) }
            return
        }
        add(.missing, digest, "blob \(digest) is missing: no file \(store.objectPath(digest))", quarantined: nil)
    }

    private mutating func add(
        _ problem: VerificationReport.Problem, _ digest: Digest, _ message: String, quarantined: String?
    ) {
        let damage = Damage(
            subject: .object(digest), problem: problem, message: message, needs: (needs[digest] ?? []).sorted(),
            quarantined: quarantined)
        if !report.damage.contains(damage) { report.damage.append(damage) }
    }

    private mutating func setAside(_ file: String, as name: String) -> String? {
        do {
            return try store.setAside(file, as: name)
        } catch {
            report.notes.append(.unmovable("the damaged file stays in its place: \(error.message)"))
            return nil
        }
    }

    mutating func note() throws {
        let aside = Set(report.damage.compactMap { $0.quarantined })
        report.notes += sizes.keys.filter { needs[$0] == nil && reports[$0] == nil }.sorted().map { .orphan($0) }
        report.notes += try store.leftovers().map { .leftover("tmp/" + $0) }
        report.notes += try store.staleCheckpoints().map { .staleCheckpoint($0) }
        report.notes += try Folder.entries(store.path + "/quarantine")
            .filter { Store.isSetAside($0) && !aside.contains("\(store.path)/quarantine/\($0)") }
            .map { .quarantined("quarantine/" + $0) }
        report.notes += try store.foreignFiles().map { .stranger($0) }
    }
}
