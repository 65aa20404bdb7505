/// Where an argv that names a shell itself, such as `[bash, -euo, pipefail, -c, "…"]`, has its scripts.
///
/// Whatever stands before a shell may run it, as `timeout` and `strace` do; so a shell's name followed by `-c` counts anywhere.
/// That a word is quoted without need shows only where a file's name holds characters that a shell reads; that one isn't quoted
/// would let the name run as a program.
package enum ShellInvocation {
    private static let shells: Set = [
        "ash", "bash", "csh", "dash", "fish", "ksh", "ksh93", "lksh", "mksh", "oksh", "posh", "rbash", "sh", "tcsh",
        "yash",
        "zsh",
    ]
    /// Programs that only print their arguments.
    private static let printers: Set = ["echo", "printf"]
    /// Programs that hand the script of a `-c` of their own to a shell, and the letters of their options that take a value.
    private static let runners = ["runuser": "gGsuw", "script": "BEIOTmo", "su": "gGsw"]
    /// Programs that join their arguments and let a shell read them, perhaps on another machine, and the letters of their options
    /// that take a value.
    private static let joiners = [
        "clush": "gwxlft", "parallel": "jaISNLnPEdC", "pdsh": "wxlfutR", "rsh": "l", "sem": "jIN",
        "ssh": "BbcDEeFIiJLlmOopQRSWw", "watch": "nq",
    ]
    /// Those that take the name of a machine first.
    private static let remotes: Set = ["rsh", "ssh"]
    /// Programs that run the program which their arguments name.
    private static let wrappers: Set = [
        "busybox", "chrt", "env", "flock", "ionice", "nice", "nohup", "numactl", "prlimit", "runuser", "setpriv",
        "setsid",
        "srun", "stdbuf", "strace", "sudo", "taskset", "time", "timeout", "unshare", "xargs", "xvfb-run",
    ]

    /// A word of the command line that runs in the end.
    private struct Word {
        let text: String
        /// The argument that it is; nil if it is only a part of one.
        let argument: Int?
    }

    /// The places of the scripts; none if no shell runs one.
    package static func scriptIndices(in arguments: [String]) -> Set<Int> {
        guard let first = arguments.first.map(name), !printers.contains(first) else { return [] }
        var split: Set<Int> = []
        let words = words(of: arguments, split: &split)
        var scripts: Set<Int> = []
        var place = 0
        while place < words.count {
            let program = name(words[place].text)
            var script: Int?
            if shells.contains(program) {
                script = Self.script(in: words, ofShellAt: place)
                if let script, script + 1 < words.count, !usesItsName(words[script].text) {
                    // What follows a script is what it calls itself, often `sh`.
                    place = script + 1
                }
            } else if place == 0 || wrappers.contains(first) {
                if let letters = joiners[program] {
                    scripts.formUnion(Self.joined(words, by: program, at: place, valueLetters: letters))
                    break
                }
                if program == "flock" {
                    script = Self.script(in: words, ofFlockAt: place)
                } else if let letters = runners[program] {
                    script = Self.script(in: words, ofRunnerAt: place, valueLetters: letters)
                }
            }
            if let argument = script.flatMap({ words[$0].argument }) { scripts.insert(argument) }
            place += 1
        }
        return scripts
    }

    /// The arguments that a shell reads together: those behind the program's options, and behind the machine's name.
    private static func joined(
        _ words: [Word], by program: String, at start: Int, valueLetters: String
    ) -> [Int] {
        var place = start + 1
        var needsMachine = remotes.contains(program)
        while place < words.count {
            let word = words[place].text
            if word.hasPrefix("-"), word != "-" {
                let isLong = word.hasPrefix("--")
                let letter = word.dropFirst().firstIndex { valueLetters.contains($0) }
                let takesNext = !isLong && letter.map { word.index(after: $0) == word.endIndex } ?? false
                place += takesNext ? 2 : 1
                if word != "--" { continue }
                if needsMachine { place += 1 }
                break
            }
            guard needsMachine else { break }
            needsMachine = false
            place += 1
        }
        // What follows `:::` GNU Parallel quotes itself.
        return words.dropFirst(place).prefix { !$0.text.hasPrefix(":::") }.compactMap(\.argument)
    }

    /// The arguments that `env -S` splits into words.
    static func splitArguments(in arguments: [String]) -> Set<Int> {
        var split: Set<Int> = []
        _ = words(of: arguments, split: &split)
        return split
    }

    private static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    /// Whether a script may run the word behind it, as `exec "$0" "$@"` does.
    private static func usesItsName(_ script: String) -> Bool { script.contains("$0") || script.contains("${0") }

    /// The arguments, but those that `env -S` splits as their parts.
    private static func words(of arguments: [String], split: inout Set<Int>) -> [Word] {
        var words: [Word] = []
        var isAfterEnv = false
        var isNextSplit = false
        for (place, argument) in arguments.enumerated() {
            if isNextSplit {
                split.insert(place)
                words += parts(of: argument)
                (isNextSplit, isAfterEnv) = (false, false)
                continue
            }
            if isAfterEnv, argument.hasPrefix("--split-string=") {
                split.insert(place)
                words += parts(of: argument.dropFirst("--split-string=".count))
                continue
            }
            words.append(Word(text: argument, argument: place))
            if name(argument) == "env" {
                isAfterEnv = true
            } else if isAfterEnv, argument == "--split-string" {
                isNextSplit = true
            } else if isAfterEnv, argument.hasPrefix("-"), !argument.hasPrefix("--") {
                guard let letter = argument.firstIndex(of: "S") else { continue }
                let rest = argument[argument.index(after: letter)...]
                if rest.isEmpty {
                    isNextSplit = true
                } else {
                    split.insert(place)
                    words += parts(of: rest)
                }
            } else if argument == "--" {
                isAfterEnv = false
            }
        }
        return words
    }

    private static func parts(of argument: some StringProtocol) -> [Word] {
        argument.split(whereSeparator: \.isWhitespace).map { Word(text: String($0), argument: nil) }
    }

    /// The first word behind a shell's options, if `-c` is among them.
    private static func script(in words: [Word], ofShellAt shell: Int) -> Int? {
        var place = shell + 1
        var isScript = false
        while place < words.count {
            let word = words[place].text
            if word == "--" || word == "-" {
                place += 1
                break
            }
            guard word.hasPrefix("-") || word.hasPrefix("+") else { break }
            place += 1
            if word.hasPrefix("--") {
                if word == "--command" { isScript = true }
                if ["--rcfile", "--init-file"].contains(word) { place += 1 }
                continue
            }
            if word.hasPrefix("-"), word.contains("c") { isScript = true }
            // Each is followed by the name of an option.
            place += word.filter { $0 == "o" || $0 == "O" }.count
        }
        return isScript && place < words.count ? place : nil
    }

    /// `flock [OPTION …] FILE -c SCRIPT`: a `-c` further on belongs to the program that it runs.
    private static func script(in words: [Word], ofFlockAt flock: Int) -> Int? {
        var place = flock + 1
        while place < words.count, words[place].text.hasPrefix("-") {
            let word = words[place].text
            place += 1
            if word == "--" { break }
            let isLong = word.hasPrefix("--")
            if isLong
                ? ["--conflict-exit-code", "--timeout", "--wait"].contains(word) : "wE".contains(word.last ?? "-")
            {
                place += 1
            }
        }
        // Behind the file.
        place += 1
        return place + 1 < words.count && ["-c", "--command"].contains(words[place].text) ? place + 1 : nil
    }

    /// `-c SCRIPT`, `-cSCRIPT`, `--command SCRIPT` or `--command=SCRIPT` among a program's own options, which may stand behind
    /// its other arguments.
    private static func script(in words: [Word], ofRunnerAt runner: Int, valueLetters: String) -> Int? {
        var place = runner + 1
        while place < words.count, words[place].text != "--" {
            let word = words[place].text
            let following = place + 1 < words.count ? place + 1 : nil
            if ["--command", "--session-command"].contains(word) { return following }
            if word.hasPrefix("--command=") || word.hasPrefix("--session-command=") { return place }
            if word.hasPrefix("-"), !word.hasPrefix("--"),
                let letter = word.dropFirst().firstIndex(where: { $0 == "c" || valueLetters.contains($0) })
            {
                let isWhole = word.index(after: letter) == word.endIndex
                if word[letter] == "c" { return isWhole ? following : place }
                if isWhole { place += 1 }
            }
            place += 1
        }
        return nil
    }
}
