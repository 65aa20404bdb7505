import Foundation

/// What a suite's attributes say that may tell its cases from those of another suite of the same name, together with what
/// the suites around it say.
///
/// A case's qualifier is, of these, whatever there is:
/// 1. its file, else the file of the nearest suite that has one, below the checkout if it lies there; without line numbers;
/// 2. the nearest suite's `package`, unless the class or the suites' names hold it;
/// 3. the nearest suite's `hostname` in reports of Playwright, which writes the browser there: their root has an `id`, and
///    the class of a case is the suite's name;
/// 4. where the report has one test (the same suites, class, name, 1 and 2) in several suites that differ by `hostname`,
///    by a configuration (`browser`, `device`, `platform`, `project` and the like) or by `id`: the first of these that
///    tells them apart, for every case of the report.
///
/// Elsewhere a `hostname` only names the machine of a CI server, and an `id` counts suites: they would make a test another
/// one in each run.
struct JUnitMarks {
    var file = ""
    var package = ""
    var hostname = ""
    var configuration = ""
    var id = ""
    /// Whether the root has an `id`, be it empty.
    var isNumbered = false

    /// Takes an attribute of a suite.
    mutating func take(_ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>, isOutermostRoot: Bool) {
        switch name.pointee {
        case CChar(UInt8(ascii: "f")):
            if strcmp(name, "file") == 0 || strcmp(name, "filepath") == 0 || strcmp(name, "filename") == 0 {
                set(\.file, value)
            }
        case CChar(UInt8(ascii: "p")) where strcmp(name, "package") == 0: set(\.package, value)
        case CChar(UInt8(ascii: "h")) where strcmp(name, "hostname") == 0: set(\.hostname, value)
        case CChar(UInt8(ascii: "i")) where strcmp(name, "id") == 0:
            if isOutermostRoot { isNumbered = true } else { set(\.id, value) }
        default:
            if Self.configurations.contains(String(cString: name)) { set(\.configuration, value) }
        }
    }

    private mutating func set(_ path: WritableKeyPath<JUnitMarks, String>, _ value: UnsafePointer<CChar>) {
        if value.pointee != 0 { self[keyPath: path] = String(cString: value) }
    }

    /// Attributes of suites, and of cases, that name what the tests ran on or with.
    static let configurations: Set = [
        "browser", "device", "platform", "project", "configuration", "config", "environment", "target", "variant",
        "parameters", "params", "value_param", "type_param",
    ]

    /// Whether a suite's cases can have a qualifier at all.
    var isEmpty: Bool {
        file.isEmpty && package.isEmpty && hostname.isEmpty && configuration.isEmpty && id.isEmpty
    }

    /// Whether it has marks that may differ between runs and machines.
    var mayDistinguish: Bool { !hostname.isEmpty || !configuration.isEmpty || !id.isEmpty }
    var distinguishingHash: Int { [hostname, configuration, id].hashValue }

    /// Which of the marks that differ between runs or machines tell tests of one report apart.
    struct Distinction: Hashable {
        var hostname = false
        var configuration = false
        var id = false

        static let none = Distinction()
    }

    /// The qualifier, and whether a merged report must note it, since nothing else there says it.
    func qualifier(
        of told: JUnitOpenCase, file: String, suite: String, _ distinction: Distinction
    ) -> (text: String, isNoted: Bool) {
        if package.isEmpty, !mayDistinguish { return (file, false) }
        var parts = file.isEmpty ? [] : [file]
        let className = told.item.className
        if !package.isEmpty, !className.contains(package), !told.item.suite.contains(package) { parts.append(package) }
        let lasting = parts.count
        let isBrowser = isNumbered && !suite.isEmpty && className == suite
        if !hostname.isEmpty, isBrowser || distinction.hostname { parts.append(hostname) }
        if !configuration.isEmpty, distinction.configuration { parts.append(configuration) }
        if !id.isEmpty, distinction.id { parts.append(id) }
        return (parts.joined(separator: ", "), parts.count > lasting)
    }

    /// A path as it is below the root, with slashes, without `./`, a scheme and numbers of lines.
    static func relative(_ path: String, _ root: String?) -> String {
        guard let last = path.utf8.last else { return "" }
        var path = path
        if path.hasPrefix("file://") { path = String(path.dropFirst(7)).removingPercentEncoding ?? path }
        if path.utf8.contains(UInt8(ascii: "\\")), !path.utf8.contains(UInt8(ascii: "/")) {
            path = path.replacing("\\", with: "/")
        }
        if Self.isDigit(last) { path = withoutLine(path) }
        if let root, !root.isEmpty, path.hasPrefix(root) {
            // A root has no slash at its end.
            let rest = path.utf8.dropFirst(root.utf8.count)
            if rest.first == UInt8(ascii: "/") { path = String(decoding: rest.dropFirst(), as: UTF8.self) }
        }
        while path.hasPrefix("./") { path = String(path.dropFirst(2)) }
        return path
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    /// Without `:12` or `:12:3` at its end.
    private static func withoutLine(_ path: String) -> String {
        var bytes = path.utf8[...]
        for _ in 0..<2 {
            let digits = bytes.reversed().prefix(while: isDigit).count
            guard digits > 0, bytes.dropLast(digits).last == UInt8(ascii: ":") else { break }
            bytes = bytes.dropLast(digits + 1)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A checkout's path as `relative` takes it: with slashes, and none at its end.
    static func root(_ path: String?) -> String? {
        guard var root = path?.replacing("\\", with: "/") else { return nil }
        while root.hasSuffix("/") { root.removeLast() }
        return root.isEmpty ? nil : root
    }
}
