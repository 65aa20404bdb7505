import ArgumentParser
import Commands
import Foundation
import Testing

@Suite struct ReadmeTests {
    @Test("every calm command in the README parses")
    func commands() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
        var commands: [[String]] = []
        var isShell = false
        for line in readme.split(separator: "\n") {
            if line.hasPrefix("```") {
                isShell = line == "```sh"
            } else if isShell, let match = line.firstMatch(of: /(?:^|&& |\$ )(?:swift run -c release )?calm ([^|&>#]+)/)
            {
                commands.append(match.1.split(separator: " ").map(String.init))
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
