import Artifacts
import Foundation

/// A file of a package, as an index or a folder offers it.
package struct PackageLink: Sendable {
    package enum Place: Sendable {
        case web(WebAddress)
        case file(URL)
    }

    package let fileName: String
    package let place: Place
    /// Nil if the index gives no SHA-256.
    let digest: Digest?
    let isYanked: Bool
}

/// The links of an index's page, in the JSON form (PEP 691) or the HTML form (PEP 503) of the simple API.
package enum PackageLinks {
    /// - Parameter base: What relative links start from.
    package static func read(json bytes: [UInt8], base: URL) throws -> [PackageLink] {
        guard let files = (try? JSONValue(parsing: bytes))?.members?["files"], case .array(let entries) = files else {
            throw FetchFailure(
                .refused, "\(base.absoluteString) is not a page of a package index: no list 'files' in its JSON")
        }
        return entries.compactMap { entry in
            guard let fields = entry.members, let name = fields["filename"]?.text, let url = fields["url"]?.text else {
                return nil
            }
            let digest = fields["hashes"]?.members?["sha256"]?.text.flatMap { Digest(hex: $0.lowercased()) }
            let isYanked =
                switch fields["yanked"] {
                case .bool(let value): value
                case .string: true
                default: false
                }
            return link(url, base, name: name, digest: digest, isYanked: isYanked)
        }
    }

    package static func read(html bytes: [UInt8], base: URL) -> [PackageLink] {
        var base = base
        var links: [PackageLink] = []
        for tag in HTMLTags(bytes) {
            guard let target = tag.attributes["href"] else { continue }
            switch tag.name {
            case "base":
                // A page from the web stays one.
                guard let url = URL(string: target, relativeTo: base)?.absoluteURL, !url.isFileURL || base.isFileURL
                else { continue }
                base = url
            case "a":
                let parts = target.split(separator: "#", maxSplits: 1)
                let fragment = parts.count > 1 ? parts[1] : ""
                let digest = fragment.split(separator: "&").first { $0.hasPrefix("sha256=") }
                    .flatMap { Digest(hex: $0.dropFirst("sha256=".count).lowercased()) }
                let path = parts.first.map { $0.prefix { $0 != "?" } } ?? ""
                let name = path.split(separator: "/").last.map(String.init) ?? ""
                let isYanked = tag.attributes["data-yanked"] != nil
                if let link = link(
                    String(parts.first ?? ""), base, name: name.removingPercentEncoding ?? name, digest: digest,
                    isYanked: isYanked)
                {
                    links.append(link)
                }
            default: break
            }
        }
        return links
    }

    private static func link(
        _ target: String, _ base: URL, name: String, digest: Digest?, isYanked: Bool
    ) -> PackageLink? {
        guard let url = URL(string: target, relativeTo: base)?.absoluteURL else { return nil }
        if url.isFileURL {
            // Only a page on this machine may lead to files on it.
            guard base.isFileURL else { return nil }
            return PackageLink(fileName: name, place: .file(url), digest: digest, isYanked: isYanked)
        }
        guard let address = try? WebAddress(url.absoluteString) else { return nil }
        return PackageLink(fileName: name, place: .web(address), digest: digest, isYanked: isYanked)
    }
}
