/// What the environment says about connections: proxies and certificates.
///
/// Lower-case names of proxies win over upper-case ones. `SSL_CERT_FILE` wins over the names that other programs use.
package struct ConnectionSettings: Sendable {
    /// By scheme; empty for none.
    var proxies: [String: String]
    /// Hosts that are reached without a proxy, separated by commas; `*` for all.
    var directHosts: String
    /// Certificates of authorities in PEM format; nil for the system's.
    package var certificateFile: String?
    var certificateFolder: String?
    /// A transfer of less than `minimumSpeed` bytes a second for as many seconds has stalled.
    package var stallSeconds = 30
    package var connectSeconds = 30
    static let minimumSpeed = 64

    /// The variables that are read.
    package static let variables =
        ["http_proxy", "https_proxy", "all_proxy", "no_proxy"].flatMap { [$0, $0.uppercased()] }
        + ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR"]

    package init(environment: [String: String]) {
        func first(_ names: [String]) -> String? {
            names.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        func either(_ name: String) -> String? { first([name, name.uppercased()]) }
        proxies = [
            "http": either("http_proxy") ?? either("all_proxy") ?? "",
            "https": either("https_proxy") ?? either("all_proxy") ?? "",
        ]
        directHosts = either("no_proxy") ?? ""
        certificateFile = first(["SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
        certificateFolder = first(["SSL_CERT_DIR"])
    }

    /// The same, with one proxy for everything.
    func through(proxy: String) -> ConnectionSettings {
        var settings = self
        settings.proxies = ["http": proxy, "https": proxy]
        return settings
    }
}
