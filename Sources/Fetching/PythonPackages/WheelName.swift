/// The name of a wheel: `NAME-VERSION(-BUILD)?-PYTHON-ABI-PLATFORM.whl`.
struct WheelName: Hashable, Sendable {
    let package: String
    let version: String
    let tags: String

    /// Nil if it isn't one.
    init?(_ file: String) {
        guard file.hasSuffix(".whl"), !file.contains("/") else { return nil }
        let parts = file.dropLast(4).split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard (5...6).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        package = Self.normalized(parts[0])
        version = Self.normalized(version: parts[1])
        tags = parts.suffix(3).joined(separator: "-")
    }

    /// Whether it fits every platform.
    var isUniversal: Bool { tags.hasSuffix("-none-any") }

    /// A package's name as indexes write it (PEP 503).
    static func normalized(_ package: String) -> String {
        package.lowercased().split { "-_.".contains($0) }.joined(separator: "-")
    }

    /// A version such that equal ones are written alike, for the forms that releases have (PEP 440): `v1.0` is `1`.
    static func normalized(version: String) -> String {
        var text = version.trimmed.lowercased()
        if text.hasPrefix("v") { text.removeFirst() }
        text = text.split { "-_".contains($0) }.joined(separator: ".")
        let local = text.firstIndex(of: "+").map { String(text[$0...]) } ?? ""
        var release = text.prefix { $0 != "+" }.split(separator: ".", omittingEmptySubsequences: false).map { part in
            let digits = part.drop { $0 == "0" }
            return part.allSatisfy(\.isNumber) ? (digits.isEmpty ? "0" : String(digits)) : String(part)
        }
        while release.count > 1, release.last == "0" { release.removeLast() }
        return release.joined(separator: ".") + local
    }
}
