/// What gettext's entry for the empty text says: lines of `Name: value`.
struct CatalogueHeader {
    /// Nil if the line is missing or empty.
    let language: String?
    /// Nil if none is named, or it is the `CHARSET` of a template.
    let charset: String?

    init(_ text: String) {
        var fields: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            fields[parts[0].lowercased()] = String(parts[1].trimming(\.isWhitespace))
        }
        language = fields["language"].flatMap { $0.isEmpty ? nil : $0 }
        let marker = "charset="
        charset = fields["content-type"]?.split(whereSeparator: { $0 == ";" || $0.isWhitespace })
            .first { $0.lowercased().hasPrefix(marker) }
            .map { String($0.dropFirst(marker.count)) }
            .flatMap { $0.isEmpty || $0 == "CHARSET" ? nil : $0 }
    }

    /// - Throws: `CatalogueError` if the texts are in another encoding than UTF-8.
    func check() throws {
        guard let charset, !["utf-8", "utf8", "us-ascii", "ascii"].contains(charset.lowercased()) else { return }
        throw CatalogueError("the header's charset is \(charset), expected UTF-8: convert it with msgconv -t UTF-8")
    }
}

extension Substring {
    /// Without the characters at both ends that `condition` holds for.
    func trimming(_ condition: (Character) -> Bool) -> Substring {
        var text = drop(while: condition)
        while let last = text.last, condition(last) { text.removeLast() }
        return text
    }
}
