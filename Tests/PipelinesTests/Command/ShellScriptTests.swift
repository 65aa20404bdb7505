import Foundation
import Glibc
import Pipelines
import Testing

@Suite("Placeholders in shell scripts") struct ShellScriptTests {
    private static let names = [
        "plain.csv", "my data.csv", "it's", "say \"hi\".txt", "$HOME", "$(touch pwned)", "`touch pwned`",
        "a;touch pwned",
        "a\nb", "back\\slash", "star*?[a]", "-rf", "#comment", "{brace}", "~root", "a&b|c>d", "Ünï code", "!!",
        "'\"$`\\",
    ]

    /// Scripts that print what a placeholder stands for, and a line feed.
    private static let scripts = [
        "printf '%s\\n' {in.x}",
        "printf '%s\\n' \"{in.x}\"",
        "printf '%s\\n' '{in.x}'",
        "printf '%s%s\\n' \"\" {in.x} # of {in.x} itself",
        "x={in.x}; printf '%s\\n' \"$x\"",
        "x=\"$(printf '%s\\n' {in.x})\"; printf '%s\\n' \"$x\"",
        "x=\"$(printf '%s\\n' \"{in.x}\")\"; printf '%s\\n' \"$x\"",
        "x=`printf '%s\\n' {in.x}`; printf '%s\\n' \"$x\"",
        "x=\"`printf '%s\\n' {in.x}`\"; printf '%s\\n' \"$x\"",
        "x=\"$(case a in a) printf '%s\\n' {in.x};; (b) echo no;; esac)\"; printf '%s\\n' \"$x\"",
        "x=\"$( (echo case; printf '%s\\n' {in.x}) | tail -n +2)\"; printf '%s\\n' \"$x\"",
        "x=${unset:-{in.x}}; printf '%s\\n' \"$x\"",
        "x=\"${unset:-\"{in.x}\"}\"; printf '%s\\n' \"$x\"",
        "printf '%s\\n' \"${unset:-{in.x}}\"",
        "x={in.x}; y=\"${x}z\"; test z = \"${y#{in.x}}\"; printf '%s\\n' \"$x\"",
        "x=\"`printf '%s\\n' \"${unset:-{in.x}}\"`\"; printf '%s\\n' \"$x\"",
        "printf '%s\\n' $((1 << 2)) > /dev/null; printf '%s\\n' \"{in.x}\"",
        "cat <<END\n{in.x}\nEND",
        "cat <<'END'\n{in.x}\nEND",
        "cat <<-END; printf '%s' ''\n\t{in.x}\n\tEND\n",
        "cat <<A <<'B'\nignored {in.x}\nA\n{in.x}\nB",
        "f() { printf '%s\\n' \"$1\"; }\nif true; then f {in.x}; fi # don't",
        "printf '%s\\n' \\\n  {in.x}",
        "# it's {in.x}\nprintf '%s\\n' {in.x}",
        "cat <<END\n$(printf '%s\\n' {in.x})\nEND",
    ]

    @Test("whatever the name, a script sees it as it is, in every place", arguments: ["/bin/sh", "/bin/bash"])
    func places(_ shell: String) throws {
        guard access(shell, X_OK) == 0 else { return }
        let folder = try TemporaryFolder()
        for script in Self.scripts {
            for name in Self.names {
                // A here-document indented by tabs, and one in backticks, have rules of their own for such lines.
                if script.contains("<<-"), name.contains("\n") { continue }
                let filled = try ShellScript.filled(script) { _ in name }
                let found = try output(of: shell, filled, in: folder)
                #expect(found == name + "\n", "\(script) with \(name): \(filled)")
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).allSatisfy { $0 == "out" })
    }

    @Test("two parentheses that aren't closed together are commands")
    func doubleParentheses() throws {
        guard access("/bin/bash", X_OK) == 0 else { return }
        let folder = try TemporaryFolder()
        let scripts = [
            "x=$((printf '%s\\n' {in.x}) | cat); printf '%s\\n' \"$x\"",
            "((printf '%s\\n' {in.x}) | cat)",
            "((printf '%s' \"$((1 + (2 * 3)))\" > /dev/null; printf '%s\\n' {in.x}) | cat)",
            "(((true); printf '%s\\n' \"$((cat <<< {in.x}) | cat)\") | cat)",
            "((1 << 2)); printf '%s\\n' {in.x}",
        ]
        for script in scripts {
            for name in Self.names {
                let filled = try ShellScript.filled(script) { _ in name }
                #expect(try output(of: "/bin/bash", filled, in: folder) == name + "\n", "\(filled)")
            }
        }
    }

    @Test("scripts of many parentheses take no longer than others", arguments: ["((", "$((", "$(($(", "(( $(("])
    func manyParentheses(_ part: String) throws {
        let start = ContinuousClock.now
        _ = try ShellScript.filled(String(repeating: part, count: 20_000) + "{in.x}) )") { _ in "b" }
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test("a bash string of its own kind is left as it is, but for its quotes")
    func dollarQuotes() throws {
        guard access("/bin/bash", X_OK) == 0 else { return }
        let folder = try TemporaryFolder()
        for name in Self.names {
            let filled = try ShellScript.filled("printf '%s\\n' $'{in.x}'") { _ in name }
            #expect(try output(of: "/bin/bash", filled, in: folder) == name + "\n", "\(filled)")
        }
    }

    @Test("only the placeholder is quoted, so that patterns and redirections work around it")
    func parts() throws {
        func filled(_ script: String) throws -> String { try ShellScript.filled(script) { "my \($0.role)" } }
        #expect(try filled("cat {in.a}/*/o.txt > {out.b}") == "cat 'my a'/*/o.txt > 'my b'")
        #expect(try filled("cat \"{in.a}\"/*") == "cat \"my a\"/*")
        #expect(try filled("echo {x} ${y} {in}") == "echo {x} ${y} {in}")
        #expect(try filled("echo \\{in.a}") == "echo 'my a'")
        #expect(try ShellScript.filled("wc {in.a}") { _ in "in/a/t.csv" } == "wc in/a/t.csv")
    }

    @Test("a raw placeholder isn't quoted, and a role may have dots")
    func raw() throws {
        var roles: [String] = []
        let filled = try ShellScript.filled("cat {in.parts:raw} {in.model.v2} \"{out.a.b:raw}\"") { placeholder in
            roles.append(placeholder.role)
            return "a *.csv"
        }
        #expect(filled == "cat a *.csv 'a *.csv' \"a *.csv\"")
        #expect(roles == ["parts", "model.v2", "a.b"])
    }

    @Test(
        "a script that is no sound shell is filled in as well",
        arguments: ["'", "\"", "`", "$(", "${", "<<", "((", "\\", ")", "}"])
    func unsound(_ end: String) throws {
        #expect(try ShellScript.filled("a {in.x} \(end)") { _ in "b" } == "a b \(end)")
        #expect(try ShellScript.filled("\(end)\(end)\n{in.x}\(end)") { _ in "b" }.contains("b"))
    }

    @Test(
        "the script of an argv is what a shell gets by -c, and nothing else is a script",
        arguments: [
            (["sh", "-c", "s"], 2), (["/usr/bin/bash", "-ec", "s", "x"], 2),
            (["bash", "-euo", "pipefail", "-c", "s"], 4),
            (["bash", "-c", "-e", "s"], 3), (["bash", "--norc", "-c", "s"], 3), (["bash", "+B", "-c", "--", "s"], 4),
            (["env", "A=b", "dash", "-c", "s"], 4), (["timeout", "5", "sh", "-c", "s"], 4),
            (["busybox", "sh", "-c", "s"], 3),
            (["sh", "script.sh", "-c", "s"], nil), (["sh", "-e", "script.sh"], nil), (["sh", "-c"], nil),
            (["python3", "-c", "s"], nil), (["echo", "sh", "-c", "s"], nil), ([], nil),
        ] as [([String], Int?)])
    func argv(_ arguments: [String], _ place: Int?) {
        #expect(ShellInvocation.scriptIndices(in: arguments) == Set([place].compactMap(\.self)))
    }

    @Test(
        "a shell is found behind whatever runs it, and so is the script of a program's own -c",
        arguments: [
            (["flock", "lk", "sh", "-c", "s"], [4]), (["flock", "-w", "5", "lk", "-c", "s"], [5]),
            (["flock", "lk", "grep", "-c", "s"], []), (["setpriv", "--", "sh", "-c", "s"], [4]),
            (["prlimit", "/bin/bash", "-euc", "s"], [3]), (["./run", "--fast", "sh", "-c", "s"], [4]),
            (["xargs", "-0", "sh", "-c", "s", "sh"], [4]), (["strace", "-f", "sh", "-c", "s"], [4]),
            (["script", "-qc", "s", "/dev/null"], [2]), (["script", "-O", "c", "log"], []),
            (["su", "-c", "s"], [2]), (["su", "-", "user", "-c", "s"], [4]), (["su", "-s", "/bin/sh", "-cs"], [3]),
            (["runuser", "user", "--command=s"], [2]), (["runuser", "-u", "user", "--", "grep", "-c", "s"], []),
            (["nice", "flock", "lk", "-c", "s"], [4]), (["env", "-S", "sh -c", "s"], [3]),
            (["env", "-i", "-SA=b sh -eu -c", "s"], [3]), (["env", "--split-string=sh -c", "s"], [2]),
            (["sh", "-c", "s", "sh", "-c", "x"], [2]), (["sh", "-c", "exec \"$0\" \"$@\"", "sh", "-c", "s"], [2, 5]),
            (["sh", "-c", "\"$@\"", "_", "sh", "-c", "s"], [2, 6]), (["su", "-c"], []), (["flock", "lk", "-c"], []),
            (["tool", "flock", "-c", "s"], []), (["python3", "script", "-c", "s"], []), (["env", "-S"], []),
        ] as [([String], Set<Int>)])
    func wrapped(_ arguments: [String], _ places: Set<Int>) {
        #expect(ShellInvocation.scriptIndices(in: arguments) == places)
    }

    @Test(
        "all that a program joins for a shell is a script, here or on another machine, but not its own options",
        arguments: [
            (["ssh", "host", "cat a", "| wc"], [2, 3]), (["ssh", "-i", "key", "-p22", "host", "wc", "a"], [5, 6]),
            (["ssh", "-vo", "A=b", "--", "host", "wc"], [5]), (["nice", "ssh", "host", "wc"], [3]),
            (["ssh", "host"], []), (["watch", "-n", "2", "cat a"], [3]),
            (["watch", "--interval=2", "-d", "cat", "a"], [3, 4]),
            (["parallel", "-j", "2", "wc {}", ":::", "a", "b"], [3]), (["sem", "-j4", "wc a"], [2]),
            (["tool", "ssh", "host", "wc a"], []), (["echo", "ssh"], []),
        ] as [([String], Set<Int>)])
    func joined(_ arguments: [String], _ places: Set<Int>) {
        #expect(ShellInvocation.scriptIndices(in: arguments) == places)
    }

    private func output(of shell: String, _ script: String, in folder: TemporaryFolder) throws -> String {
        let file = folder.url.appendingPathComponent("out")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, file.path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        // In the folder, where what an unquoted name would make is seen.
        let words = [shell, "-c", "cd '\(folder.url.path)' && eval \"$1\"", "sh", script]
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        try #require(posix_spawn(&process, shell, &actions, nil, &arguments, environ) == 0)
        waitpid(process, nil, 0)
        return try String(contentsOf: file, encoding: .utf8)
    }
}
