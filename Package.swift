// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "swift-calm",
    products: [
        .executable(name: "calm", targets: ["calm"]),
        // Loaded into `calm` by tests, beside which it must lie.
        .library(name: "CFaults", type: .dynamic, targets: ["CFaults"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
    ],
    targets: [
        // C, each imported by one folder.
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CKernels"),
        .target(name: "CCurl"),
        .target(name: "CMapping"),
        .target(name: "CSQLiteSettings", linkerSettings: [.linkedLibrary("sqlite3")]),

        // The learning half.
        .target(name: "JSONReading"),
        .target(name: "ChatTemplates", dependencies: ["JSONReading"]),
        .target(name: "Tensors", dependencies: ["CKernels", "COpenBLAS"]),
        .target(name: "NeuralNetworks", dependencies: ["Tensors"]),
        .target(
            name: "Tokenization", dependencies: [.product(name: "Crypto", package: "swift-crypto")],
            exclude: ["Unicode/make-unicode-tables.py"]),
        .target(name: "Checkpoints", dependencies: ["CMapping", "JSONReading", "Tensors"]),
        .target(
            name: "LanguageModels",
            dependencies: [
                "ChatTemplates", "Checkpoints", "JSONReading", "NeuralNetworks", "Tensors", "Tokenization",
            ]),
        .target(name: "Composition", dependencies: ["LanguageModels", "NeuralNetworks", "Tensors", "Tokenization"]),
        .target(name: "Evaluation", dependencies: ["JSONReading"]),

        // The pipeline half.
        .target(name: "Artifacts", dependencies: ["CLZ4", .product(name: "Crypto", package: "swift-crypto")]),
        .target(
            name: "Catalogue",
            dependencies: [
                "Artifacts", "CSQLiteSettings", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),
        .target(
            name: "Pipelines",
            // Of Yams its C library CYaml, libyaml, which is no product of its own.
            dependencies: [
                "Artifacts", "Catalogue", .product(name: "Yams", package: "Yams"),
                .product(name: "Subprocess", package: "swift-subprocess"),
            ]),
        .target(name: "Unpacking", dependencies: ["CZlib"]),
        .target(
            name: "Fetching",
            dependencies: ["Artifacts", "CCurl", "Unpacking", .product(name: "Crypto", package: "swift-crypto")]),
        .target(
            name: "Reports", dependencies: ["Artifacts", "CLibXML2", "Catalogue", "Pipelines", "Unpacking"],
            exclude: ["HISTORY.md"]),

        // Where the halves meet.
        .target(
            name: "Stages",
            dependencies: [
                "Artifacts", "Checkpoints", "Composition", "Evaluation", "Fetching", "JSONReading", "LanguageModels",
                "NeuralNetworks", "Pipelines", "Tensors", "Tokenization",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "Tasks",
            dependencies: [
                "Artifacts", "Evaluation", "JSONReading", "Pipelines", "Stages", "Tensors", "Tokenization",
            ]),
        .target(
            name: "Commands",
            dependencies: [
                "Artifacts", "Catalogue", "ChatTemplates", "Checkpoints", "Evaluation", "JSONReading", "LanguageModels",
                "Pipelines", "Reports", "Stages", "Tasks", "Tensors", "Tokenization",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // With the Swift runtime inside, the executable starts in two thirds of the time; at a fixed address it spares
        // the loader 100,000 relocations, and without names for others to look up it is half a megabyte less to read. The
        // tests can't link it so, which is why it is nothing but a call of Commands.
        .executableTarget(
            name: "calm",
            dependencies: ["Commands"],
            swiftSettings: [.unsafeFlags(["-static-stdlib"], .when(configuration: .release))],
            linkerSettings: [
                .unsafeFlags(
                    ["-static-stdlib", "-Xclang-linker", "-no-pie", "-Xlinker", "--no-export-dynamic"],
                    .when(configuration: .release))
            ]),

        // Measures the learning half beside PyTorch, the pipeline half beside ninja, Snakemake, DVC and junitparser.
        .executableTarget(
            name: "calm-bench",
            dependencies: [
                "Artifacts", "Catalogue", "Checkpoints", "Composition", "LanguageModels", "NeuralNetworks", "Pipelines",
                "Reports", "Tensors", "Tokenization",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["README.md"],
            resources: [
                .embedInCode("Peer.py"), .embedInCode("PeerRequests.py"), .embedInCode("Models/ModelPeer.py"),
                .embedInCode("Models/TuningPeer.py"),
                .embedInCode("Composing/ComposingPeer.py"),
            ]),

        // Counts what the code under test asks of the allocator.
        .target(name: "CAllocations", path: "Tests/CAllocations"),
        // Bounds on time that hold on a busy machine, too.
        .target(name: "ProcessorTime", path: "Tests/ProcessorTime"),
        // A web server that misbehaves as it is told.
        .target(name: "LoopbackServing", path: "Tests/LoopbackServing"),
        // Kills processes and refuses calls at chosen moments.
        .target(name: "CFaults", path: "Tests/CFaults"),

        .testTarget(name: "TensorsTests", dependencies: ["CKernels", "Tensors"]),
        .testTarget(name: "NeuralNetworksTests", dependencies: ["NeuralNetworks", "Tensors"]),
        .testTarget(
            name: "TokenizationTests",
            dependencies: ["Tokenization", .product(name: "Crypto", package: "swift-crypto")],
            exclude: ["Fixtures", "Oracle"]),
        .testTarget(
            name: "LanguageModelsTests",
            dependencies: [
                "CAllocations", "Checkpoints", "JSONReading", "LanguageModels", "NeuralNetworks", "Tensors",
                "Tokenization",
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "CheckpointsTests", dependencies: ["CZlib", "Checkpoints", "JSONReading", "Tensors"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "ChatTemplatesTests", dependencies: ["ChatTemplates", "JSONReading"], resources: [.copy("Fixtures")]),
        .testTarget(name: "JSONReadingTests", dependencies: ["JSONReading"]),
        .testTarget(
            name: "CompositionTests",
            dependencies: ["Composition", "LanguageModels", "NeuralNetworks", "Tensors", "Tokenization"]),
        .testTarget(name: "EvaluationTests", dependencies: ["Evaluation"], exclude: ["Fixtures", "Oracle"]),
        .testTarget(name: "ArtifactsTests", dependencies: ["Artifacts"]),
        .testTarget(
            name: "FetchingTests", dependencies: ["Artifacts", "Fetching", "LoopbackServing"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "CatalogueTests",
            dependencies: ["Artifacts", "Catalogue", "ProcessorTime", .product(name: "GRDB", package: "GRDB.swift")]),
        .testTarget(
            name: "PipelinesTests",
            dependencies: [
                "Artifacts", "Catalogue", "Pipelines", "ProcessorTime", .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .testTarget(
            name: "ReportsTests",
            dependencies: ["Artifacts", "Catalogue", "Pipelines", "ProcessorTime", "Reports", "Unpacking"],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "StagesTests",
            dependencies: [
                "Artifacts", "Catalogue", "Evaluation", "LanguageModels", "LoopbackServing", "Pipelines", "Stages",
                "Tasks", "Tensors", "Tokenization",
            ]),
        .testTarget(
            name: "TasksTests",
            dependencies: ["Artifacts", "Evaluation", "Pipelines", "Stages", "Tasks", "Tensors", "Tokenization"]),
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "Commands", "LoopbackServing", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
            ],
            resources: [.copy("Fixtures")]),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "Artifacts", "Catalogue", "ChatTemplates", "Checkpoints", "Fetching", "JSONReading", "LanguageModels",
                "Pipelines", "Reports", "Tasks", "Tensors", "Tokenization",
            ],
            path: "Tests/Fuzzing/Targets"),
        .testTarget(name: "FuzzingTests", dependencies: ["FuzzTargets"]),
    ],
    swiftLanguageModes: [.v6]
)

// Only for `Tests/Fuzzing/run`: it needs libFuzzer, and every target built for it.
if Context.environment["CALM_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "calm-fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzzing/Main"))
}

// `CALM_TARGETS=A,B` leaves these targets and those that they need: the sanitizers build everything anew.
if let names = Context.environment["CALM_TARGETS"] {
    var wanted = names.split(separator: ",").map(String.init)
    var next = 0
    while next < wanted.count {
        for case .byNameItem(let name, _) in package.targets.first(where: { $0.name == wanted[next] })?.dependencies
            ?? []
        where !wanted.contains(name) {
            wanted.append(name)
        }
        next += 1
    }
    package.targets.removeAll { !wanted.contains($0.name) }
    package.products.removeAll()
}
