/// Which run of tests a report tells of, as far as it is known.
package struct TestRun: Hashable, Sendable {
    /// What joins the reports of one run, unique in a store.
    package var name: String
    package var commit: String?
    package var branch: String?
    package var job: String?
    package var attempt: Int?
    /// The run's page on the CI server.
    package var url: String?
    /// The attempt at a job of a CI server that ingested it, as the server's variables name it.
    package var ciJob: String?
    /// The folder of the checkout, to which absolute paths in reports are made relative.
    package var root: String?
    /// Seconds since 1970.
    package var startedAt: Double

    package init(
        name: String, commit: String? = nil, branch: String? = nil, job: String? = nil, attempt: Int? = nil,
        url: String? = nil, ciJob: String? = nil, root: String? = nil, startedAt: Double
    ) {
        self.name = name
        self.commit = commit
        self.branch = branch
        self.job = job
        self.attempt = attempt
        self.url = url
        self.ciJob = ciJob
        self.root = root
        self.startedAt = startedAt
    }
}

/// That a test report was ingested: the file `reports/ID.json`, which keeps the report's blob and says which run it is of.
///
/// Or that a file of a run could not be read as a report: the file `reports/refused/ID.json`, which keeps no blob.
package struct ReportRecord: Hashable, Sendable {
    /// The report's bytes as they came; of a refused file, the digest of nothing.
    package let blob: Digest
    package let size: Int
    /// The name of the file that was ingested.
    package let file: String
    /// Whether its tests are named after the file: so the same bytes under another name are another report.
    package let isNamedByFile: Bool
    package let run: TestRun
    /// Seconds since 1970.
    package let ingestedAt: Double
    /// Which ingestion it came with, counted from 1 in a store; 0 in records from before ingestions were counted.
    package let sequence: Int
    /// The latest ingestion that brought it: later than the first if it came again after others.
    package var latestSequence: Int
    /// Runs are ordered by it: seconds since 1970, but in the order of ingestion for all that isn't history.
    package var orderedAt: Double
    /// Why the file was refused; nil for a report.
    package let refusal: String?

    package init(
        blob: Digest, size: Int, file: String, isNamedByFile: Bool = false, run: TestRun, ingestedAt: Double,
        sequence: Int = 0, latestSequence: Int? = nil, orderedAt: Double? = nil, refusal: String? = nil
    ) {
        self.blob = blob
        self.size = size
        self.file = file
        self.isNamedByFile = isNamedByFile
        self.run = run
        self.ingestedAt = ingestedAt
        self.sequence = sequence
        self.latestSequence = latestSequence ?? sequence
        self.orderedAt = orderedAt ?? run.startedAt
        self.refusal = refusal
    }

    /// A file of a run that could not be read as a report.
    package init(
        refused file: String, reason: String, run: TestRun, ingestedAt: Double, sequence: Int = 0,
        orderedAt: Double? = nil
    ) {
        self.init(
            blob: Digest(of: []), size: 0, file: file, run: run, ingestedAt: ingestedAt, sequence: sequence,
            orderedAt: orderedAt, refusal: reason)
    }

    /// The same bytes of the same run are the same report, unless its tests are named after the file; of refused files, those of
    /// one name are the same.
    package var id: Digest {
        if refusal != nil {
            let identity = JSONValue.object(["file": .string(file), "run": .string(run.name)])
            return Digest(of: Array(("calm refused report\n" + identity.canonical).utf8))
        }
        var identity = ["blob": JSONValue.string(blob.hex), "run": .string(run.name)]
        if isNamedByFile { identity["file"] = .string(file) }
        return Digest(of: Array(("calm report\n" + JSONValue.object(identity).canonical).utf8))
    }
}

extension ReportRecord {
    /// The newest version of the format that this code reads. It writes 1, but for records with a field that 1 doesn't have.
    private static let format = 2

    package var json: JSONValue {
        var fields: [String: JSONValue] = [
            "name": .string(run.name), "startedAt": .double(run.startedAt),
        ]
        let texts = [
            "commit": run.commit, "branch": run.branch, "job": run.job, "url": run.url, "ciJob": run.ciJob,
            "root": run.root,
        ]
        for (name, text) in texts { fields[name] = text.map(JSONValue.string) }
        fields["attempt"] = run.attempt.map(JSONValue.int)
        var document: [String: JSONValue] = [
            "calm": .string("report"), "format": .int(isNamedByFile ? 2 : 1), "blob": .string(blob.hex),
            "size": .int(size),
            "file": .string(file), "ingestedAt": .double(ingestedAt), "run": .object(fields),
            "sequence": .int(sequence), "latestSequence": .int(latestSequence), "orderedAt": .double(orderedAt),
        ]
        if isNamedByFile { document["namedByFile"] = .bool(true) }
        document["refusal"] = refusal.map(JSONValue.string)
        return .object(document)
    }

    init(json: JSONValue) throws(StoreError) {
        guard let fields = json.members, fields["calm"]?.text == "report", let format = fields["format"]?.integer else {
            throw StoreError(.damaged, "it is no record of a report")
        }
        guard format <= Self.format else {
            throw StoreError(.newerFormat, "it has format \(format), this calm reads up to \(Self.format)")
        }
        guard let blob = fields["blob"]?.digest, let size = fields["size"]?.integer, let file = fields["file"]?.text,
            let ingestedAt = fields["ingestedAt"]?.number, let run = fields["run"]?.members,
            let name = run["name"]?.text, let startedAt = run["startedAt"]?.number
        else { throw StoreError(.damaged, "a field is missing or of another type") }
        self.init(
            blob: blob, size: size, file: file, isNamedByFile: fields["namedByFile"] == .bool(true),
            run: TestRun(
                name: name, commit: run["commit"]?.text, branch: run["branch"]?.text, job: run["job"]?.text,
                attempt: run["attempt"]?.integer, url: run["url"]?.text, ciJob: run["ciJob"]?.text,
                root: run["root"]?.text, startedAt: startedAt),
            ingestedAt: ingestedAt, sequence: fields["sequence"]?.integer ?? 0,
            latestSequence: fields["latestSequence"]?.integer, orderedAt: fields["orderedAt"]?.number,
            refusal: fields["refusal"]?.text)
    }
}
