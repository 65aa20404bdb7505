/// Every command of the store, over 1,000 stages with 50 outputs each: a blob and a manifest an output.
let smallBlobsContest = Contest(
    "small-blobs-100000", "every command over 100,000 small blobs", goals: smallBlobGoals
) { ground in
    let place = try ground.place("small-blobs-100000", .calm)
    let parts = (0..<1000).map(String.init).joined(separator: ", ")
    let outputs = (0..<50).map { "o\($0): o\($0).txt" }.joined(separator: ", ")
    try place.write(
        """
        name: small-blobs
        stages:
          part:
            uses: command
            matrix: { part: [\(parts)] }
            with:
              argv: [sh, -c, "for i in $(seq 0 49); do echo part ${matrix.part} $i > o$i.txt; done"]
              out: { \(outputs) }

        """, to: "pipeline.yaml")
    try PreparedStore.make(place, store: "store")
    let verbs = try place.run("store", "--help").output
    let hasCollection = verbs.split(separator: "\n").contains { $0.hasPrefix("  gc ") }
    return commands.filter { hasCollection || $0.words != collection }.map { command in
        Entrant("calm " + command.words.joined(separator: " "), .calm) {
            try place.run(command.words + command.rest + ["--store", "store"])
        }
    }
}

private let collection = ["store", "gc"]

/// With the seconds that each may take.
private let commands: [(words: [String], rest: [String], limit: Double)] = [
    (["run"], ["pipeline.yaml"], 2),
    (["plan"], ["pipeline.yaml"], 2),
    (["runs"], [], 0.5),
    (["show", "latest"], [], 0.5),
    (["store", "stats"], [], 2),
    (["store", "verify"], [], 10),
    (collection, ["--dry-run"], 3),
]

private let smallBlobGoals = commands.map {
    Goal.below($0.limit, ours: "calm " + $0.words.joined(separator: " "))
}
