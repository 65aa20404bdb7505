import Foundation

/// What the environment says about the Hugging Face hub: the variables of the `huggingface_hub` library.
package struct HuggingFaceSettings: Sendable {
    package var endpoint: String
    /// Nil for none.
    package var token: String?
    /// The library's cache of repositories.
    package var cache: URL?
    /// Whether nothing may be fetched: only what the cache holds is used.
    package var isOffline: Bool

    package static let variables = [
        "HF_ENDPOINT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HOME", "HF_HUB_CACHE",
        "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "XDG_CACHE_HOME", "HOME",
    ]

    package init(environment: [String: String]) {
        func value(_ names: String...) -> String? { names.compactMap { environment[$0] }.first { !$0.isEmpty } }
        func isSet(_ name: String) -> Bool {
            ["1", "ON", "YES", "TRUE"].contains(environment[name]?.uppercased() ?? "")
        }
        func folder(_ path: String) -> URL {
            let home = value("HOME") ?? ""
            let expanded = path == "~" || path.hasPrefix("~/") ? home + path.dropFirst() : path
            return URL(fileURLWithPath: expanded, isDirectory: true)
        }
        let home =
            value("HF_HOME").map(folder) ?? value("XDG_CACHE_HOME").map { folder("\($0)/huggingface") }
            ?? value("HOME").map { folder("\($0)/.cache/huggingface") }
        cache = value("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE").map(folder) ?? home?.appendingPathComponent("hub")
        var endpoint = value("HF_ENDPOINT") ?? "https://huggingface.co"
        while endpoint.hasSuffix("/") { endpoint.removeLast() }
        self.endpoint = endpoint
        isOffline = isSet("HF_HUB_OFFLINE")
        let file = value("HF_TOKEN_PATH").map { folder($0) } ?? home?.appendingPathComponent("token")
        token =
            value("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
            ?? (isSet("HF_HUB_DISABLE_IMPLICIT_TOKEN")
                ? nil : file.flatMap { try? String(contentsOf: $0, encoding: .utf8) })
        token = token.map(\.trimmed)
        if token?.isEmpty == true
            || token?.unicodeScalars.contains(where: { $0.value < 0x21 || $0.value > 0x7E }) == true
        {
            token = nil
        }
    }
}
