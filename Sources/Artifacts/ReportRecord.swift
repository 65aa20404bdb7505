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
    /// Seconds since 1970; runs are ordered by it.
    package var startedAt: Double

    package init(
        name: String, commit: String? = nil, branch: String? = nil, job: String? = nil, attempt: Int? = nil,
        url: String? = nil, startedAt: Double
    ) {
        self.name = name
        self.commit = commit
        self.branch = branch
        self.job = job
        self.attempt = attempt
        self.url = url
        self.startedAt = startedAt
    }
}

/// That a test report was ingested: the file `reports/ID.json`, which keeps the report's blob and says which run it is of.
package struct ReportRecord: Hashable, Sendable {
    /// The report's bytes as they came.
    package let blob: Digest
    package let size: Int
    /// The name of the file that was ingested.
    package let file: String
    package let run: TestRun
    /// Seconds since 1970.
    package let ingestedAt: Double

    package init(blob: Digest, size: Int, file: String, run: TestRun, ingestedAt: Double) {
        self.blob = blob
        self.size = size
        self.file = file
        self.run = run
        self.ingestedAt = ingestedAt
    }

    /// The same bytes of the same run are the same report.
    package var id: Digest {
        let identity = JSONValue.object(["blob": .string(blob.hex), "run": .string(run.name)])
        return Digest(of: Array(("calm report\n" + identity.canonical).utf8))
    }
}

extension ReportRecord {
    /// The version of the format that this code writes, and the newest that it reads.
    private static let format = 1

    package var json: JSONValue {
        var fields: [String: JSONValue] = [
            "name": .string(run.name), "startedAt": .double(run.startedAt),
        ]
        for (name, text) in ["commit": run.commit, "branch": run.branch, "job": run.job, "url": run.url] {
            fields[name] = text.map(JSONValue.string)
        }
        fields["attempt"] = run.attempt.map(JSONValue.int)
        return .object([
            "calm": .string("report"), "format": .int(Self.format), "blob": .string(blob.hex), "size": .int(size),
            "file": .string(file), "ingestedAt": .double(ingestedAt), "run": .object(fields),
        ])
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
            blob: blob, size: size, file: file,
            run: TestRun(
                name: name, commit: run["commit"]?.text, branch: run["branch"]?.text, job: run["job"]?.text,
                attempt: run["attempt"]?.integer, url: run["url"]?.text, startedAt: startedAt),
            ingestedAt: ingestedAt)
    }
}
