/// The same stages for every tool, each as its users would write them: one file copied a stage.
enum Workload {
    /// Each stage copies what the one before it made.
    case chain(Int)
    /// Each stage copies a file of its own.
    case fan(Int)
    /// Chains side by side.
    case layers(width: Int, depth: Int)

    /// Writes the tool's file, and the files that the stages begin with.
    func write(to place: Place) throws {
        switch place.tool {
        case .calm: try place.write(calm, to: "pipeline.yaml")
        case .ninja: try place.write(ninja, to: "build.ninja")
        case .snakemake: try place.write(snakemake, to: "Snakefile")
        case .dvc:
            try place.beginDVC()
            try place.write(dvc, to: "dvc.yaml")
        }
        if case .fan(let count) = self {
            for item in 0..<count { try place.write("item \(item)\n", to: "in/\(item).txt") }
        } else {
            try place.write("seed\n", to: "seed.txt")
        }
    }

    /// What brings everything up to date.
    static func command(of tool: Tool) -> [String] {
        switch tool {
        case .calm: ["run", "pipeline.yaml", "--store", "store"]
        case .ninja: []
        case .snakemake: ["--cores", "all"]
        case .dvc: ["repro"]
        }
    }

    /// Back to before the first run.
    static func forget(_ place: Place) throws {
        place.remove("store", "out", ".ninja_log", ".ninja_deps", ".snakemake", "dvc.lock")
        place.remove(".dvc/cache", ".dvc/tmp", ".dvc/site")
        try place.write("", to: "out/.keep")
    }

    /// The stages that are written out: name and the file it copies.
    private var stages: [(name: String, source: String)] {
        let (width, depth) =
            switch self {
            case .chain(let count): (1, count)
            case .layers(let width, let depth): (width, depth)
            case .fan: (0, 0)
            }
        return (0..<width * depth).map { index in
            ("s\(index)", index < width ? "seed.txt" : "out/s\(index - width).txt")
        }
    }

    private var calm: String {
        if case .fan(let count) = self {
            return """
                name: fan
                stages:
                  copy:
                    uses: command
                    matrix: { item: [\(Self.list(count))] }
                    in: { source: { file: "in/${matrix.item}.txt" } }
                    with:
                      argv: [cp, "{in.source}", "{out.copy}"]
                      out: { copy: "${matrix.item}.txt" }

                """
        }
        return "name: stages\nstages:\n"
            + stages.map { stage in
                let source =
                    stage.source == "seed.txt" ? "{ file: seed.txt }" : String(stage.source.dropFirst(4).dropLast(4))
                return """
                      \(stage.name):
                        uses: command
                        in: { source: \(source) }
                        with:
                          argv: [cp, "{in.source}", "{out.copy}"]
                          out: { copy: \(stage.name).txt }

                    """
            }.joined()
    }

    private var ninja: String {
        let rule = "rule copy\n  command = cp $in $out\n"
        if case .fan(let count) = self {
            return rule + (0..<count).map { "build out/\($0).txt: copy in/\($0).txt\n" }.joined()
        }
        return rule + stages.map { "build out/\($0.name).txt: copy \($0.source)\n" }.joined()
    }

    private var snakemake: String {
        if case .fan(let count) = self {
            return """
                rule all:
                    input: expand("out/{item}.txt", item=range(\(count)))

                rule copy:
                    input: "in/{item}.txt"
                    output: "out/{item}.txt"
                    shell: "cp {input} {output}"

                """
        }
        return "rule all:\n    input: \"out/\(stages.last?.name ?? "").txt\"\n"
            + stages.map { stage in
                """

                rule \(stage.name):
                    input: "\(stage.source)"
                    output: "out/\(stage.name).txt"
                    shell: "cp {input} {output}"

                """
            }.joined()
    }

    private var dvc: String {
        if case .fan(let count) = self {
            return """
                stages:
                  copy:
                    foreach: [\(Self.list(count))]
                    do:
                      cmd: cp in/${item}.txt out/${item}.txt
                      deps: ["in/${item}.txt"]
                      outs: ["out/${item}.txt"]

                """
        }
        return "stages:\n"
            + stages.map { stage in
                """
                  \(stage.name):
                    cmd: cp \(stage.source) out/\(stage.name).txt
                    deps: [\(stage.source)]
                    outs: [out/\(stage.name).txt]

                """
            }.joined()
    }

    private static func list(_ count: Int) -> String { (0..<count).map(String.init).joined(separator: ", ") }
}
