import Foundation

/// An absolute URL of HTTP or HTTPS.
package struct WebAddress: Hashable, Sendable {
    /// As it is sent, without a fragment.
    package let text: String
    let scheme: String
    let host: String
    /// Scheme, host and port: what credentials are meant for.
    let origin: String
    /// `user:password` of the URL, percent-encoding removed.
    let userInfo: String?
    /// Without user, password, query and fragment, for messages: a query may hold a signature.
    package let display: String

    /// - Throws: `FetchFailure` (refused) that says what is wrong with it.
    package init(_ text: String) throws(FetchFailure) {
        guard var components = URLComponents(string: text), let scheme = components.scheme?.lowercased() else {
            throw FetchFailure(.refused, "'\(text)' is not an absolute URL; expected https://HOST/PATH")
        }
        guard scheme == "http" || scheme == "https" else {
            throw FetchFailure(.refused, "the URL '\(text)' has the scheme '\(scheme)'; expected https or http")
        }
        guard let host = components.host?.lowercased(), !host.isEmpty else {
            throw FetchFailure(.refused, "the URL '\(text)' names no host; expected https://HOST/PATH")
        }
        if let port = components.port, !(1...65_535).contains(port) {
            throw FetchFailure(.refused, "the URL '\(text)' has the port \(port); expected 1 to 65535")
        }
        components.fragment = nil
        self.scheme = scheme
        self.host = host
        origin = "\(scheme)://\(host):\(components.port ?? (scheme == "https" ? 443 : 80))"
        userInfo = components.user.map { "\($0):\(components.password ?? "")" }
        (components.user, components.password) = (nil, nil)
        self.text = components.string ?? text
        components.query = nil
        display = components.string ?? "\(scheme)://\(host)"
    }

    /// The last component of its path, percent-encoding removed; nil if the path ends with a slash.
    package var lastComponent: String? {
        guard let path = URLComponents(string: text)?.path, let last = path.split(separator: "/").last,
            !path.hasSuffix("/")
        else { return nil }
        return String(last)
    }

    /// The `Authorization` that the URL's own user and password make.
    var basicAuthorization: String? { userInfo.map { "Basic " + Data($0.utf8).base64EncodedString() } }

    /// The address that a link on this page leads to.
    func resolving(_ link: String) throws(FetchFailure) -> WebAddress {
        guard let base = URL(string: text), let url = URL(string: link, relativeTo: base) else {
            throw FetchFailure(.refused, "\(display) has the link '\(link)', which is not a URL")
        }
        return try WebAddress(url.absoluteString)
    }
}
