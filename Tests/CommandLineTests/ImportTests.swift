import Foundation
import Testing

/// SwiftPM lets a target import a sibling that it doesn't declare; these tests hold the arrows of the design.
@Suite struct ImportTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Declared dependencies by target, read from Package.swift.
    private static func targets() throws -> [String: Set<String>] {
        let text = try String(contentsOf: root.appendingPathComponent("Package.swift"), encoding: .utf8)
        var targets: [String: Set<String>] = [:]
        for declaration in text.components(separatedBy: ".product(name: \"calm\"").last?
            .replacingOccurrences(of: "testTarget", with: "target")
            .replacingOccurrences(of: "executableTarget", with: "target")
            .components(separatedBy: ".target(").dropFirst() ?? []
        {
            let quoted = declaration.matches(of: /"([A-Za-z0-9._-]+)"/).map { String($0.1) }
            if let name = quoted.first { targets[name] = Set(quoted.dropFirst()) }
        }
        return targets
    }

    /// Modules imported by each file below Sources, by target.
    private static func imports() throws -> [(target: String, file: String, module: String)] {
        let sources = root.appendingPathComponent("Sources").standardizedFileURL.path + "/"
        let files = FileManager.default.enumerator(atPath: sources)?.compactMap { $0 as? String } ?? []
        return try files.filter { $0.hasSuffix(".swift") }.flatMap { file in
            let text = try String(contentsOfFile: sources + file, encoding: .utf8)
            let target = String(file.prefix { $0 != "/" })
            return text.matches(
                of:
                    /(?m)^(?:@\w+ )?(?:(?:internal|private|fileprivate|package|public) )?import (?:struct |enum |class |func )?(\w+)/
            )
            .map { (target, file, String($0.1)) }
        }
    }

    @Test("every import of one of our targets is declared in Package.swift")
    func declared() throws {
        let targets = try ImportTests.targets()
        let imports = try ImportTests.imports()
        let known = Set(targets.keys).union(["CLZ4", "COpenBLAS", "CLibXML2"])
        #expect(known.count > 14 && imports.count > 100, "the test itself found too little")
        for (target, file, module) in imports where known.contains(module) {
            #expect(
                targets[target]?.contains(module) == true, "\(file) imports \(module), which \(target) doesn't declare")
        }
    }

    /// What each room of the learning half, and those where the halves meet, may import of our targets.
    private static let allowed: [String: Set<String>] = [
        "CKernels": [],
        "CMapping": [],
        "JSONReading": [],
        "Tensors": ["CKernels", "COpenBLAS"],
        "NeuralNetworks": ["Tensors"],
        "Tokenization": ["JSONReading"],
        "Checkpoints": ["CMapping", "JSONReading", "Tensors"],
        "LanguageModels": ["ChatTemplates", "Checkpoints", "JSONReading", "NeuralNetworks", "Tensors", "Tokenization"],
        "Composition": ["Checkpoints", "LanguageModels", "NeuralNetworks", "Tensors", "Tokenization"],
        "Evaluation": ["JSONReading"],
        "Unpacking": ["CZlib"],
        "Fetching": ["Artifacts", "CCurl", "Unpacking"],
        "Stages": Set(learning).union(["Artifacts", "Fetching", "Pipelines"]),
        "Tasks": Set(learning).union(["Artifacts", "Pipelines", "Stages"]),
    ]
    private static let learning = [
        "Checkpoints", "Composition", "Evaluation", "JSONReading", "LanguageModels", "NeuralNetworks", "Tensors",
        "Tokenization",
    ]

    @Test("the rooms of the learning half import downwards only, and only Commands sees tasks")
    func arrows() throws {
        let (imports, known) = (try ImportTests.imports(), Set(try ImportTests.targets().keys))
        #expect(Set(imports.map(\.target)).isSuperset(of: ["Tensors", "Stages", "Tasks"]))
        for (target, file, module) in imports where known.contains(module) {
            if let allowed = Self.allowed[target] {
                #expect(allowed.contains(module), "\(file) imports \(module), which \(target) may not")
            } else if module == "Tasks" {
                #expect(target == "Commands", "\(file) imports Tasks")
            }
        }
    }

    @Test("the pipeline half and the learning half meet in Stages and Tasks only")
    func halves() throws {
        let targets = try ImportTests.targets()
        func reachable(from target: String) -> Set<String> {
            (targets[target] ?? []).reduce(into: []) { $0.formUnion(reachable(from: $1).union([$1])) }
        }
        let pipeline: Set = ["Artifacts", "Catalogue", "Fetching", "Pipelines", "Reports", "Unpacking"]
        for target in Self.learning { #expect(reachable(from: target).isDisjoint(with: pipeline), "\(target)") }
        for target in pipeline { #expect(reachable(from: target).isDisjoint(with: Self.learning), "\(target)") }
    }

    @Test("each C library is imported by one folder")
    func shims() throws {
        for shim in ["CCurl", "CLZ4", "COpenBLAS", "CKernels", "CLibXML2"] {
            let users = try ImportTests.imports().filter { $0.module == shim }.map(\.target)
            #expect(Set(users).count == 1, "\(shim) is imported by \(Set(users).sorted())")
        }
    }
}
