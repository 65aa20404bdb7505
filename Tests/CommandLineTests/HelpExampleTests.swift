import ArgumentParser
import Commands
import Foundation
import Testing

/// The examples that each command's help shows.
@Suite struct HelpExampleTests {
    /// Each example as words, with the command that shows it.
    private static let examples: [[String]] = examples(of: Calm.self)

    private static func examples(of command: any ParsableCommand.Type) -> [[String]] {
        let own = command.configuration.discussion.split(separator: "\n").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        .filter { $0.hasPrefix("calm ") }.map(words)
        return own + command.configuration.subcommands.flatMap(examples(of:))
    }

    /// The words of a command, as a shell parts them, up to what isn't calm's.
    static func words(_ line: String) -> [String] {
        var words: [String] = []
        for match in line.dropFirst("calm ".count).matches(of: /'([^']*)'|"([^"]*)"|(\S+)/) {
            if let bare = match.3, ["|", ">", "&&", "#"].contains(bare) { break }
            words.append(String(match.1 ?? match.2 ?? match.3 ?? ""))
        }
        return words
    }

    @Test("all of them parse")
    func parse() {
        #expect(Self.examples.count > 60)
        for words in Self.examples {
            #expect(throws: Never.self, "calm \(words.joined(separator: " "))") { _ = try Calm.parseAsRoot(words) }
        }
    }

    @Test("those that need nothing but a run's store do what they say")
    func run() throws {
        let workspace = try LearningRun.shared.get()
        let questions: Set = ["why", "log", "show", "inspect", "kinds", "schema", "runs", "pins"]
        let asked = Self.examples.filter { questions.contains($0[0]) }
        #expect(Set(asked.map { $0[0] }) == questions)
        for words in asked {
            let store = ["kinds", "schema"].contains(words[0]) ? [] : ["--store", "s"]
            let ending = try workspace.calm(words + store)
            #expect(
                ending.exit == 0 && !(ending.output.isEmpty && words[0] != "log"),
                "calm \(words.joined(separator: " ")): \(ending)")
        }
    }

    @Test("keys that the README and the help name are in the default pipeline's run")
    func keys() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let workspace = try Workspace()
        try workspace.write(
            String(contentsOf: root.appendingPathComponent("pipelines/kv-arithmetic.yaml"), encoding: .utf8)
                + """

                  written:
                    uses: command
                    in: { pairs: pairs.pairs }
                    with: { argv: [sh, -c, "cat {in.pairs} >&2; : > {out.x}"], out: { x: x } }
                """)
        #expect(try workspace.run("written").exit == 0)
        let pairs = try workspace.calm("log", "written", "--store", "s").output
        let keys = Dictionary(
            uniqueKeysWithValues: pairs.split(separator: "\n").dropFirst().map { line in
                let cells = line.split(separator: "\t")
                return (String(cells[0]), String(cells[1]))
            })
        #expect(keys.count == 512)
        // Those of stored models; a path is a model from outside.
        let prompts = Self.examples.filter { $0[0] == "generate" && !$0[1].contains("/") }.flatMap { $0.suffix(1) }
        let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        let named = prompts + readme.matches(of: /`([a-z]+\+[a-z][a-z+-]*)`/).map { String($0.1) }
        let used = named.flatMap { $0.matches(of: /[a-z]+/).map { String($0.0) } }
        #expect(used.count >= 6)
        for key in used { #expect(keys[key] != nil, "\(key) is no key of the default run") }
        let pair = try #require(readme.firstMatch(of: /`([a-z]+)` → ([0-9]+)/))
        #expect(keys[String(pair.1)] == String(pair.2))
    }
}
