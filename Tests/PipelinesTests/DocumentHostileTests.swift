import Foundation
import Pipelines
import ProcessorTime
import Testing

/// Files that no editor wrote: each must end in a diagnostic, soon.
struct DocumentHostileTests {
    private func mistakes(_ bytes: Data) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "calm-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "p.yaml")
        try bytes.write(to: file)
        return mistakes(file: file).map { $0.replacing(file.relativePath, with: "p.yaml") }
    }

    private func mistakes(file: URL) -> [String] {
        do throws(PipelineDiagnostics) {
            _ = try PipelineLoader().load(file: file, registry: Toy.registry)
            return []
        } catch {
            return error.diagnostics.map(\.description)
        }
    }

    /// The mistakes, found in reasonable time.
    private func soon(_ text: String, within limit: Double = 30) -> [String] {
        var found: [String] = []
        let time = processorSeconds { found = Toy.mistakes(text) }
        #expect(time < limit, "took \(time) s")
        return found
    }

    @Test("a missing file, a directory and a file that isn't UTF-8 are named as such")
    func files() throws {
        let missing = URL(fileURLWithPath: "no/such/p.yaml")
        #expect(mistakes(file: missing) == ["no/such/p.yaml: error: no such file; expected a pipeline in YAML"])
        let folder = FileManager.default.temporaryDirectory
        #expect(
            mistakes(file: folder) == [
                "\(folder.relativePath): error: found a directory, expected a pipeline file in YAML"
            ])
        #expect(
            try mistakes(Data("name: a\r\nstages: \u{E9}".utf8) + [0xFF]) == [
                "p.yaml:2:10: error: found a byte that isn't UTF-8, expected UTF-8 text"
            ])
    }

    @Test("a file beyond 4 MB is refused, one below is read")
    func size() throws {
        let comment = Data(repeating: UInt8(ascii: "#"), count: 4 << 20)
        #expect(
            try mistakes(comment + [10]) == ["p.yaml: error: the file is larger than 4 MB, the limit for a pipeline"])
        #expect(try mistakes(comment) == ["p.yaml:1:1: error: the file is empty; expected 'name:' and 'stages:'"])
    }

    @Test("a byte order mark and any line ends are accepted")
    func marks() throws {
        let text = "\u{FEFF}name: a\r\nstages:\r\n  s: { uses: toy.corpus }\r\n"
        #expect(try mistakes(Data(text.utf8)).isEmpty)
    }

    @Test("files that inputs name must exist, looked for from the pipeline's folder")
    func inputFiles() throws {
        let text = """
            name: a
            stages:
              s: { uses: toy.train, in: { corpus: { file: p.yaml } }, with: { steps: 1 } }
              t: { uses: toy.train, in: { corpus: { file: q.yaml } }, with: { steps: 1 } }
            """
        let found = try mistakes(Data(text.utf8))
        #expect(found.count == 1)
        #expect(
            found.first?.hasPrefix("p.yaml:4:47: error: stage 't': input 'corpus': no such file: 'q.yaml' (") == true)
    }

    @Test("deep nesting is refused", arguments: [65, 999, 5_000, 500_000])
    func depth(levels: Int) {
        let found = soon("name: " + String(repeating: "[", count: levels) + String(repeating: "]", count: levels))
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix(": nested deeper than 64 levels, the limit for a pipeline") == true)
    }

    @Test("aliases of aliases are refused, as values and as keys, and so is what they nest too deep")
    func aliasBombs() {
        var text = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<40 {
            let aliases = Array(repeating: "*l\(level - 1)", count: 10).joined(separator: ", ")
            text += "l\(level): &l\(level) [\(aliases)]\n"
        }
        let tooMany = "more than 1000000 keys and values once the aliases are expanded"
        #expect(soon(text).first?.hasSuffix(tooMany) == true)
        // Below the bound there.
        let some = text.split(separator: "\n").prefix(5).joined(separator: "\n") + "\nk:\n"
        for key in ["  ? *l4\n  : x\n", "  *l4 : x\n", "  - { [*l4]: x }\n", "  - ? *l4\n"] {
            let refusal = ": found a list or mapping as a key, expected a name"
            #expect(soon(some + key).contains { $0.hasSuffix(refusal) })
            #expect(soon(some + String(repeating: key, count: 10)).contains { $0.hasSuffix(tooMany) })
        }
        text = "l0: &l0 [x]\n"
        for level in 1..<64 { text += "l\(level): &l\(level) [*l\(level - 1)]\n" }
        #expect(soon(text) == ["63:12: nested deeper than 64 levels, the limit for a pipeline"])
    }

    @Test("an alias stands for the latest node of its name, also as a key; one within itself is refused")
    func aliases() {
        let text = """
            name: &n a
            params: { list: &n [x, y], count: &c 3 }
            stages:
              *c : { uses: toy.corpus }
              s: { uses: toy.corpus, with: { tags: *n, count: *c } }
            """
        #expect(Toy.mistakes(text) == [])
        #expect(
            Toy.mistakes(text.replacing("[x, y]", with: "3")) == [
                "2:17: stage 's': parameter 'tags': expected a list, each item a string, found '3'"
            ])
        #expect(Toy.mistakes("name: &a [*a]") == ["1:11: invalid YAML: found undefined alias"])
    }

    @Test("directives that YAML's parser takes long for are refused, a few aren't")
    func directives() {
        func text(_ count: Int) -> String {
            (0..<count).map { "%TAG !\($0)! b\n" }.joined() + "---\nname: a\nstages: { s: { uses: toy.corpus } }\n"
        }
        #expect(soon(text(16)) == [])
        let refused = ["17:1: more than 16 YAML directives; a pipeline needs none"]
        #expect(soon(text(200_000), within: 2) == refused)
    }

    @Test("parameters and matrices can't multiply without bounds")
    func multiplication() {
        let list = Array(repeating: "x", count: 20_000).joined(separator: ",")
        var text = "name: a\nparams: { l: [\(list)] }\nstages:\n"
        for stage in 0..<20_000 { text += "  s\(stage): { uses: toy.corpus, with: { tags: \"${params.l}\" } }\n" }
        #expect(
            soon(text).last?.hasSuffix("grows beyond all bounds once '${…}', lists and matrices are expanded") == true)
        text = "name: a\nstages:\n  s0: { uses: toy.corpus }\n"
        let axis = (0..<9_000).map(String.init).joined(separator: ",")
        for stage in 1..<5 {
            text += "  s\(stage): { uses: toy.command, matrix: { a: [\(axis)] }, in: { x: s\(stage - 1) },"
            text += " with: { arguments: [a], out: { y: z } } }\n"
        }
        #expect(
            soon(text, within: 10).last?.hasSuffix(
                "grows beyond all bounds once '${…}', lists and matrices are expanded") == true)
        text = "name: a\nstages:\n"
        for stage in 0..<30 { text += "  s\(stage): { uses: toy.corpus, matrix: { a: [\(axis)] } }\n" }
        #expect(soon(text).last?.hasSuffix("more than 100000 stages with their matrix cells, the limit") == true)
    }

    @Test("thousands of mistakes are cut, not chewed over")
    func manyMistakes() {
        var text = "name: a\nstages:\n"
        for stage in 0..<10_000 {
            text += "  stage-\(stage): { uses: toy.train, in: { corpus: stag-x\(stage) }, with: { steps: 1 } }\n"
        }
        let found = soon(text)
        #expect(found.count == 1_001)
        #expect(found.last == " 9000 more errors are not shown")
    }

    @Test("a long cycle is found without recursion")
    func longCycle() {
        var text = "name: a\nstages:\n"
        for stage in 0..<10_000 {
            text += "  s\(stage): { uses: toy.train, in: { corpus: { file: x }, initial: s\((stage + 1) % 10_000) },"
            text += " with: { steps: 1 } }\n"
        }
        let found = soon(text)
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix(" -> … (10000 stages) -> s0") == true)
        #expect(found.first?.hasPrefix("3:62: stages wait for each other in a cycle: s0 -> s9999 -> ") == true)
    }

    @Test("no cut or changed byte of a pipeline crashes the loader")
    func damage() throws {
        let bytes = Array(DocumentLoadingTests.document.utf8)
        var state: UInt64 = 42
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let odd = Array("{}[]:,&*!|>'\"%@`#?-<$\n\t ${matrix.x}\u{0}\u{FF}".utf8) + [0xFF, 0xC3]
        for round in 0..<3_000 {
            var damaged = bytes
            for _ in 0...random(4) {
                switch random(3) {
                case 0: damaged[random(damaged.count)] = odd[random(odd.count)]
                case 1: damaged.insert(odd[random(odd.count)], at: random(damaged.count))
                default: damaged.remove(at: random(damaged.count))
                }
            }
            if round % 10 == 0 { damaged.removeLast(random(damaged.count - 1)) }
            _ = Toy.mistakes(String(decoding: damaged, as: UTF8.self))
        }
    }
}
