/// The languages that are taken, with the names that prompts have for them.
package struct LanguageNames {
    private let languages: [(code: String, parts: [Substring], name: String)]

    /// - Parameter names: Names by code. If empty, every language is taken and called by its code.
    package init(_ names: [String: String]) {
        languages = names.map { ($0.key, Self.parts(of: $0.key), $0.value) }.sorted {
            ($1.parts.count, $0.code) < ($0.parts.count, $1.code)
        }
    }

    var isEmpty: Bool { languages.isEmpty }
    var codes: [String] { languages.map(\.code).sorted() }

    /// The code and the name of a language as catalogues write it: `en_ZA` is that of `en`, if there is no `en_ZA` or `en-za`. Nil if it
    /// isn't taken.
    package func find(_ language: String) -> (code: String, name: String)? {
        if languages.isEmpty { return (language, language) }
        let parts = Self.parts(of: language)
        guard let found = languages.first(where: { Self.isPart($0.parts, of: parts) }) else { return nil }
        return (found.code, found.name)
    }

    /// Two codes that mean the same language, if there are any.
    package var sameCodes: (String, String)? {
        for (index, one) in languages.enumerated() {
            if let other = languages[..<index].first(where: { $0.parts == one.parts }) { return (other.code, one.code) }
        }
        return nil
    }

    /// Whether the first parts are equal, and the others are there in their order.
    private static func isPart(_ code: [Substring], of language: [Substring]) -> Bool {
        guard code.first == language.first else { return false }
        var rest = language.dropFirst()
        return code.dropFirst().allSatisfy { part in
            guard let index = rest.firstIndex(of: part) else { return false }
            rest = rest[(index + 1)...]
            return true
        }
    }

    private static func parts(of language: String) -> [Substring] {
        language.lowercased().split(whereSeparator: separators.contains)
    }

    private static let separators: Set<Character> = ["_", "-", "@", "."]
}

extension LanguageNames {
    /// Whether a text is a code: letters, then letters and digits behind `_`, `-`, `@` or `.`.
    package static func isCode(_ text: String) -> Bool {
        guard text.utf8.count <= 40, text.utf8.allSatisfy({ $0 < 0x80 }) else { return false }
        let parts = text.split(omittingEmptySubsequences: false, whereSeparator: separators.contains)
        return (2...8).contains(parts[0].count) && parts[0].allSatisfy(\.isLetter)
            && parts.dropFirst().allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isLetter || $0.isNumber } }
    }

    /// What the path of a file says of its language: a folder above `LC_MESSAGES`, a folder or the file by its name.
    ///
    /// - Parameter isNamed: Whether such files are named by languages. Those of gettext's `.mo` are named by programs, of which `sm` and
    ///   `sw` aren't Samoan and Swahili: their names count only if they are those of a language that is taken.
    /// - Returns: A language, whether it is taken or not; nil if the path names none.
    package func language(ofPath path: String, isNamed: Bool) -> String? {
        var folders = path.split(separator: "/").map(String.init)
        let file = String((folders.popLast() ?? "").prefix { $0 != "." })
        if let index = folders.lastIndex(of: "LC_MESSAGES"), index > 0, Self.isCode(folders[index - 1]) {
            return folders[index - 1]
        }
        if !isEmpty {
            let candidates = folders.reversed() + [file]
            if let taken = candidates.first(where: { Self.isCode($0) && find($0) != nil }) { return taken }
        }
        // Folders further up are called usr and lib.
        return ((isNamed ? [file] : []) + folders.suffix(1)).first(where: Self.isOfISO639)
    }

    /// Whether it begins with two or three small letters, as the codes of ISO 639 do.
    private static func isOfISO639(_ text: String) -> Bool {
        isCode(text) && text.prefix(while: \.isLetter).count <= 3 && text.first?.isLowercase == true
    }
}
