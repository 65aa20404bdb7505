import Fetching
import Foundation

/// Readers of what servers answer and of pip's configuration.
extension FuzzTarget {
    static let fetching: [String: @Sendable () throws -> FuzzTarget] = [
        "package-page": packagePage, "pip-configuration": pipConfiguration, "repository-listing": repositoryListing,
        "http-head": httpHead,
    ]

    /// A page of a package index, in both its forms. None from the web may lead to a file of this machine.
    private static func packagePage() throws -> FuzzTarget {
        guard let base = URL(string: "https://index.invalid/simple/tiny/") else { fatalError("not a URL") }
        let file = URL(fileURLWithPath: "/index/tiny/index.html")
        return FuzzTarget { bytes in
            let links =
                PackageLinks.read(html: bytes, base: base) + ((try? PackageLinks.read(json: bytes, base: base)) ?? [])
            for link in links {
                if case .file(let url) = link.place { fatalError("a page from the web leads to \(url)") }
            }
            _ = PackageLinks.read(html: bytes, base: file)
        }
    }

    /// A `pip.conf`: settings are named as pip's options are.
    private static func pipConfiguration() -> FuzzTarget {
        FuzzTarget { bytes in
            for (key, value) in PipConfiguration.settings(in: String(decoding: bytes, as: UTF8.self)) {
                guard key == key.lowercased(), !key.contains("_"), !value.contains("\n") else {
                    fatalError("the setting '\(key)' is '\(value)'")
                }
            }
        }
    }

    /// A page of a repository's listing: its files stay in the folder that they are put into.
    private static func repositoryListing() -> FuzzTarget {
        FuzzTarget { bytes in
            guard let (files, isEmpty) = try? HuggingFaceHub.files(listedIn: bytes, of: "the hub") else { return }
            if isEmpty, !files.isEmpty { fatalError("an empty page lists \(files.count) files") }
            for file in files {
                let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
                if parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
                    fatalError("'\(file.path)' is listed")
                }
            }
        }
    }

    /// The header of a response.
    private static func httpHead() -> FuzzTarget {
        FuzzTarget { bytes in
            var head = HTTPHead()
            for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
                head.take(String(decoding: line, as: UTF8.self))
            }
            if let length = head.contentLength, length < 0 { fatalError("a length of \(length)") }
            // A message says it in whole seconds.
            if let pause = head.retryAfter, Int(pause) < 0 { fatalError("a pause of \(pause)") }
            _ = (head.contentRange, head.validator, head.nextPage)
        }
    }
}
