import ArgumentParser
import Commands
import Foundation
import Testing
import Yams

@Suite struct ReadmeTests {
    private static var text: String {
        get throws {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            return try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        }
    }

    /// The block of a language whose first line names this file.
    private func block(_ language: String, _ file: String) throws -> String {
        let parts = try ReadmeTests.text.components(separatedBy: "\n```")
        let block = parts.first { $0.hasPrefix(language + "\n") && $0.prefix(80).contains(file) }
        return String(try #require(block, "\(file)").dropFirst(language.count + 1))
    }

    @Test("the CI files are YAML with what each server wants, and their calm commands parse")
    func servers() throws {
        let github = try #require(
            try Yams.load(yaml: block("yaml", ".github/workflows/nightly.yaml")) as? [AnyHashable: Any])
        let jobs = try #require(github["jobs"] as? [String: [String: Any]])
        let steps = try #require(jobs["calm"]?["steps"] as? [[String: Any]])
        #expect(jobs["calm"]?["runs-on"] != nil && steps.allSatisfy { $0["run"] != nil || $0["uses"] != nil })
        // Without that a red night would be neither kept nor shown.
        #expect(steps.suffix(4).allSatisfy { $0["if"] as? String == "always()" })
        let gitlab = try #require(
            try Yams.load(yaml: block("yaml", ".gitlab-ci.yml")) as? [String: [String: Any]])
        let script = try #require(gitlab["calm"]?["script"] as? [String])
        let artifacts = try #require(gitlab["calm"]?["artifacts"] as? [String: Any])
        #expect((artifacts["reports"] as? [String: String])?["junit"] == "report.xml")
        let jenkins = try block("groovy", "Jenkinsfile")
        #expect(jenkins.filter { $0 == "{" }.count == jenkins.filter { $0 == "}" }.count)

        let words = steps.compactMap { $0["run"] as? String } + script + jenkins.components(separatedBy: "'")
        let commands = words.flatMap {
            $0.matches(of: /(?:^|&& )calm ([^|&]+)/).map { $0.1.split(separator: " ").map(String.init) }
        }
        for verb in [["run"], ["reports", "ingest"], ["store", "gc"]] {
            #expect(commands.filter { $0.starts(with: verb) }.count == 3, "\(verb)")
        }
        #expect(commands.filter { $0.contains("--gate") }.count == 3)
        for command in commands {
            #expect(throws: Never.self, "calm \(command.joined(separator: " "))") { _ = try Calm.parseAsRoot(command) }
        }
    }

    @Test("every calm command in the README parses")
    func commands() throws {
        let readme = try ReadmeTests.text
        var commands: [[String]] = []
        var isShell = false
        for line in readme.split(separator: "\n") {
            if line.hasPrefix("```") {
                isShell = line == "```sh"
            } else if isShell, let match = line.firstMatch(of: /(?:^|&& |\$ )(?:swift run -c release )?calm ([^|&>#]+)/)
            {
                commands.append(HelpExampleTests.words("calm " + match.1))
            }
        }
        #expect(commands.count >= 10, "the README shows what calm can do")
        for command in commands {
            #expect(throws: Never.self, "calm \(command.joined(separator: " "))") {
                _ = try Calm.parseAsRoot(command)
            }
        }
    }
}
