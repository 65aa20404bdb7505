/// The status and header fields of a response.
package struct HTTPHead: Sendable {
    package private(set) var status = 0
    /// By lower-case name; several of a name are joined by commas.
    private var fields: [String: String] = [:]

    package init() {}

    /// Takes one line of the header; a status line begins a new one.
    package mutating func take(_ line: String) {
        let line = line.trimmed
        if line.hasPrefix("HTTP/") {
            self = HTTPHead()
            status = line.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0) } ?? 0
        } else if let colon = line.firstIndex(of: ":") {
            let (name, value) = (line[..<colon].lowercased(), String(line[line.index(after: colon)...]).trimmed)
            fields[name] = fields[name].map { "\($0), \(value)" } ?? value
        }
    }

    subscript(name: String) -> String? { fields[name] }

    var isRedirect: Bool { [301, 302, 303, 307, 308].contains(status) }

    /// The bytes that the body is said to have.
    package var contentLength: Int? { fields["content-length"].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil } }

    /// `bytes 100-199/1000` or `bytes */1000`.
    package var contentRange: (start: Int?, total: Int?)? {
        guard let field = fields["content-range"], field.hasPrefix("bytes") else { return nil }
        let parts = field.dropFirst("bytes".count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let start = parts[0].split(separator: "-").first.flatMap { Int(String($0).trimmed) }
        return (start, Int(String(parts[1]).trimmed))
    }

    /// What tells this version of a file from any other, for `If-Range`: a strong entity tag.
    package var validator: String? {
        if let tag = fields["etag"], tag.hasPrefix("\""), tag.utf8.count <= 256 { return tag }
        return nil
    }

    /// The seconds for which the server asks to be left alone, a thousand million at most.
    package var retryAfter: Double? {
        fields["retry-after"].flatMap(Double.init).flatMap { $0 >= 0 ? min($0, 1e9) : nil }
    }

    /// The address of the next page, as in `Link: <URL>; rel="next"`.
    package var nextPage: String? {
        for link in (fields["link"] ?? "").split(separator: ",") {
            let parts = link.split(separator: ";").map { String($0).trimmed }
            guard let target = parts.first, target.hasPrefix("<"), target.hasSuffix(">") else { continue }
            if parts.dropFirst().contains(where: { $0 == "rel=\"next\"" || $0 == "rel=next" }) {
                return String(target.dropFirst().dropLast())
            }
        }
        return nil
    }
}

extension String {
    /// Without white space and line ends around it.
    var trimmed: String {
        var scalars = unicodeScalars[...]
        while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        return String(scalars)
    }
}
