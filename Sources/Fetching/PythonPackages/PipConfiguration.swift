import Foundation

/// Which package indexes pip is configured with.
///
/// Read as pip reads it: `pip.conf` of the system, the user and the active environment, then the file that `PIP_CONFIG_FILE` names,
/// then the `PIP_…` variables; the later wins. See https://pip.pypa.io/en/stable/topics/configuration/.
package struct PipConfiguration: Sendable {
    /// The main index; nil if no setting names one, so that pip uses its own default.
    package var mainIndex: String?
    package var extraIndexes: [String]
    /// Whether no index may be used.
    package var isClosed: Bool
    /// Folders, pages and files to look for packages in before the indexes.
    package var findLinks: [String]
    package var proxy: String?
    package var certificateFile: String?

    package static let variables =
        ["index-url", "extra-index-url", "no-index", "find-links", "proxy", "cert", "config-file"].map(variable)
        + ["HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "VIRTUAL_ENV", "CONDA_PREFIX"]

    /// `PIP_INDEX_URL` for `index-url`.
    private static func variable(_ key: String) -> String {
        "PIP_" + key.uppercased().replacingOccurrences(of: "-", with: "_")
    }

    /// - Parameter systemFolder: Stands for `/etc` in tests.
    package init(environment: [String: String], systemFolder: String = "/etc") {
        var settings: [String: String] = [:]
        for file in Self.files(environment, systemFolder) {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { continue }
            settings.merge(Self.settings(in: text)) { _, later in later }
        }
        for key in ["index-url", "extra-index-url", "no-index", "find-links", "proxy", "cert"] {
            if let value = environment[Self.variable(key)], !value.isEmpty { settings[key] = value }
        }
        func list(_ key: String) -> [String] {
            (settings[key] ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
        }
        isClosed = ["1", "true", "yes", "on", "t", "y"].contains((settings["no-index"] ?? "").lowercased())
        mainIndex = settings["index-url"].map(\.trimmed).flatMap { $0.isEmpty ? nil : $0 }
        extraIndexes = list("extra-index-url")
        let home = environment["HOME"] ?? ""
        findLinks = list("find-links").map { $0.hasPrefix("~/") ? home + $0.dropFirst() : $0 }
        proxy = settings["proxy"]
        certificateFile = settings["cert"]
    }

    /// URLs of the indexes, first the main one; none if `no-index` is set.
    package var indexes: [String] { isClosed ? [] : [mainIndex].compactMap(\.self) + extraIndexes }

    /// Whether only pip knows the main index.
    package var needsDefaultIndex: Bool { !isClosed && mainIndex == nil }

    /// The files that pip reads, the weakest first.
    private static func files(_ environment: [String: String], _ systemFolder: String) -> [String] {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let explicit = value("PIP_CONFIG_FILE")
        if explicit == "/dev/null" { return [] }
        let shared = (value("XDG_CONFIG_DIRS") ?? "\(systemFolder)/xdg").split(separator: ":").reversed()
        var files = shared.map { "\($0)/pip/pip.conf" } + ["\(systemFolder)/pip.conf"]
        if let home = value("HOME") { files.append("\(home)/.pip/pip.conf") }
        if let folder = value("XDG_CONFIG_HOME") ?? value("HOME").map({ "\($0)/.config" }) {
            files.append("\(folder)/pip/pip.conf")
        }
        if let environment = value("VIRTUAL_ENV") ?? value("CONDA_PREFIX") { files.append("\(environment)/pip.conf") }
        return files + [explicit].compactMap(\.self)
    }

    /// The settings of the sections `global` and `download`, which is the stronger, in a file as Python's configparser reads it.
    package static func settings(in text: String) -> [String: String] {
        var sections: [String: [String: String]] = [:]
        var (section, key) = ("", "")
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let trimmed = String(line).trimmed
            if trimmed.isEmpty || trimmed.hasPrefix("#") || trimmed.hasPrefix(";") { continue }
            if line.first?.isWhitespace == true, !key.isEmpty {
                sections[section]?[key]?.append(" \(trimmed)")
            } else if trimmed.hasPrefix("["), let end = trimmed.firstIndex(of: "]") {
                section = String(trimmed[trimmed.index(after: trimmed.startIndex)..<end])
                key = ""
            } else if let mark = trimmed.firstIndex(where: { $0 == "=" || $0 == ":" }) {
                key = String(trimmed[..<mark]).trimmed.lowercased().replacingOccurrences(of: "_", with: "-")
                if key.hasPrefix("--") { key.removeFirst(2) }
                sections[section, default: [:]][key] = String(trimmed[trimmed.index(after: mark)...]).trimmed
            }
        }
        return (sections["global"] ?? [:]).merging(sections["download"] ?? [:]) { _, stronger in stronger }
    }
}
