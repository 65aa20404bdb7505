import Foundation

/// What costs nothing must cost nothing: everything is up to date, and the tool has to find that out.
let noopContests = [
    Contest(
        "noop-chain-200", "nothing to do in a chain of 200 stages",
        goals: [
            .within(10, of: "ninja"), .faster(60, than: "DVC"), .faster(30, than: "Snakemake"),
        ]
    ) { try upToDate(.chain(200), "noop-chain-200", $0) },
    Contest(
        "noop-fan-200", "nothing to do in 200 stages side by side",
        goals: [
            .within(10, of: "ninja"), .faster(60, than: "DVC"), .faster(30, than: "Snakemake"),
        ]
    ) { try upToDate(.fan(200), "noop-fan-200", $0) },
]

private func upToDate(_ workload: Workload, _ contest: String, _ ground: Ground) throws -> [Entrant] {
    try places(workload, contest, ground).map { place in
        try place.run(Workload.command(of: place.tool))
        return Entrant(place.tool.title, place.tool, mostRepeats: place.tool.isSlow ? 5 : nil) {
            try place.run(Workload.command(of: place.tool))
        }
    }
}

private func places(_ workload: Workload, _ contest: String, _ ground: Ground) throws -> [Place] {
    try Tool.allCases.filter { ground.programs[$0] != nil }.map { tool in
        let place = try ground.place(contest, tool)
        try workload.write(to: place)
        try Workload.forget(place)
        return place
    }
}

extension Tool {
    /// Whether a run takes seconds at least.
    fileprivate var isSlow: Bool { self == .snakemake || self == .dvc }
}

let coldContest = Contest(
    "cold-200", "200 stages side by side, each a cp, from nothing", goals: [.faster(20, than: "DVC")]
) { ground in
    try places(.fan(200), "cold-200", ground).map { place in
        Entrant(place.tool.title, place.tool, mostRepeats: place.tool.isSlow ? 2 : nil) {
            try Workload.forget(place)
        } measure: {
            try place.run(Workload.command(of: place.tool))
        }
    }
}

let planContest = Contest(
    "plan-10000", "what would run of 10,000 stages, in 100 chains of 100",
    goals: [
        .below(1, ours: "calm, empty store"), .below(1, ours: "calm, all cached"),
        .below(1, ours: "calm, nothing cached"),
    ]
) { ground in
    let place = try ground.place("plan-10000", .calm)
    try Workload.layers(width: 100, depth: 100).write(to: place)
    try PreparedStore.make(place, store: "store")
    // Another seed, so that no stage of the first layer is cached, beside all the executions of the other one.
    let pipeline = try String(contentsOf: place.url.appendingPathComponent("pipeline.yaml"), encoding: .utf8)
    try place.write(pipeline.replacing("seed.txt", with: "other.txt"), to: "other.yaml")
    try place.write("another seed\n", to: "other.txt")
    let plan = { (file: String, store: String) in try place.run("plan", file, "--store", store) }
    var entrants = [
        Entrant("calm, empty store", .calm) {
            place.remove("empty")
        } measure: {
            try plan("pipeline.yaml", "empty")
        },
        Entrant("calm, all cached", .calm) { try plan("pipeline.yaml", "store") },
        Entrant("calm, nothing cached", .calm) { try plan("other.yaml", "store") },
    ]
    if ground.programs[.ninja] != nil {
        let ninja = try ground.place("plan-10000", .ninja)
        try Workload.layers(width: 100, depth: 100).write(to: ninja)
        entrants.append(Entrant("ninja -n", .ninja) { try ninja.run("-n") })
    }
    return entrants
}
