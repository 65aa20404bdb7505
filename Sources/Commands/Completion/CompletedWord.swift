import ArgumentParser
import Foundation

/// The word that a shell completes: the text that its quotes and backslashes mean, and how the shell wants names to be written.
struct CompletedWord {
    /// The text before the cursor.
    let text: String
    private let shell: CompletionShell?
    /// For bash: what stays on the command line before the part that is replaced, and the quote that is open there; nil if the
    /// script doesn't say, as scripts of earlier versions don't.
    private let kept: (text: String, quote: Unicode.Scalar?)?

    /// - Parameter written: What stands before the cursor, with its quotes.
    init(_ written: String) {
        shell = CompletionShell.requesting
        text = Self.text(written)
        // bash replaces what follows the last unquoted `=` or `:` alone, and leaves an open quote where it is.
        let replaced = shell == .bash ? ProcessInfo.processInfo.environment[BashCompletionScript.replacedWord] : nil
        kept = replaced.map { replaced in
            Self.unquoted(written.hasSuffix(replaced) ? String(written.dropLast(replaced.count)) : "")
        }
    }

    /// The names that begin with the word, as its shell takes them.
    func offers(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        let found = names.filter { name in
            !name.unicodeScalars.contains { $0.properties.generalCategory == .control } && seen.insert(name).inserted
        }
        switch shell {
        case .bash: return found.filter { $0.hasPrefix(text) }.map(forBash)
        // Both match for themselves, also in ways of their own.
        case .fish: return found
        // It takes what follows a colon for a description.
        case .zsh: return found.map { $0.replacing("\\", with: "\\\\").replacing(":", with: "\\:") }
        default: return found.filter { $0.hasPrefix(text) }
        }
    }

    /// The part of a name that bash inserts, as it must be written there: bash's own quoting leaves out that of `$`.
    private func forBash(_ name: String) -> String {
        // Scripts of earlier versions give names to `compgen -W`, which would run a command that a name holds.
        guard let kept else { return Self.escaped(name) }
        let rest = String(name.dropFirst(kept.text.count))
        switch kept.quote {
        case "'": return rest.replacing("'", with: "'\\''")
        // In double quotes, nothing else keeps `!` from meaning an older command.
        case "\"": return rest.replacing(/["\\$`]/) { "\\" + $0.output }.replacing("!", with: "\"\\!\"")
        default: return Self.escaped(rest)
        }
    }

    private static func escaped(_ name: String) -> String {
        name.unicodeScalars.reduce(into: "") { text, scalar in
            let isPlain =
                !scalar.isASCII || scalar.properties.isAlphabetic
                || "0123456789_-./=,:@+".unicodeScalars.contains(scalar)
            if !isPlain { text += "\\" }
            text.unicodeScalars.append(scalar)
        }
    }

    /// The text that a word of a command line means; its last quote may be open.
    static func text(_ written: String) -> String {
        let shell = CompletionShell.requesting
        // Before its version 4, fish passes words on without their quotes.
        let version = CompletionShell.requestingVersion?.prefix { $0 != "." }
        let isPlain = shell == nil || shell == .fish && (version.flatMap { Int($0) } ?? 0) < 4
        return isPlain ? written : unquoted(written, escapesInQuotes: shell == .fish).text
    }

    /// - Returns: The text, and the quote that is open at its end.
    private static func unquoted(
        _ written: String, escapesInQuotes: Bool = false
    ) -> (text: String, quote: Unicode.Scalar?) {
        var text = String.UnicodeScalarView()
        var quote: Unicode.Scalar?
        var isEscaped = false
        for scalar in written.unicodeScalars {
            if isEscaped {
                isEscaped = false
                // In quotes, a backslash before most characters is one.
                let special = quote == "'" ? "'\\" : "\"\\$`"
                if quote != nil, !special.unicodeScalars.contains(scalar) { text.append("\\") }
                text.append(scalar)
            } else if scalar == "\\", quote != "'" || escapesInQuotes {
                isEscaped = true
            } else if scalar == quote {
                quote = nil
            } else if quote == nil, scalar == "'" || scalar == "\"" {
                quote = scalar
            } else {
                text.append(scalar)
            }
        }
        return (String(text), quote)
    }
}
