import Artifacts
import Foundation

/// Finds and fetches wheels where pip would look for them.
package struct PythonPackageIndex: Sendable {
    let client: HTTPClient
    let configuration: PipConfiguration
    /// Why the main index isn't known; it matters only if the other places don't have what is wanted.
    private let problem: FetchFailure?
    let retries: RetryPolicy
    let observer: FetchObserver
    package var maximumBytes = 64 << 30

    /// - Parameter pip: Is asked for its default index if no other is configured.
    package init(
        _ settings: ConnectionSettings, configuration: PipConfiguration, pip: PipProgram,
        sslCertificateFile: String? = nil,
        retries: RetryPolicy = RetryPolicy(), observer: FetchObserver = FetchObserver()
    ) {
        var settings = configuration.proxy.map { settings.through(proxy: $0) } ?? settings
        // What was set for pip is more specific than what was set for other programs, but for OpenSSL's own variable.
        settings.certificateFile = sslCertificateFile ?? configuration.certificateFile ?? settings.certificateFile
        client = HTTPClient(settings)
        (self.configuration, problem) = Self.complete(configuration, asking: pip, observer)
        self.retries = retries
        self.observer = observer
    }

    /// The configuration with pip's default as the main index where it names none; or why that isn't known.
    private static func complete(
        _ configuration: PipConfiguration, asking pip: PipProgram, _ observer: FetchObserver
    ) -> (PipConfiguration, FetchFailure?) {
        guard configuration.needsDefaultIndex else { return (configuration, nil) }
        var configuration = configuration
        switch pip.defaultIndex() {
        case .success(let index):
            observer.log("no package index is configured: pip's default is used")
            configuration.mainIndex = index
            return (configuration, nil)
        case .failure(let failure): return (configuration, failure)
        }
    }

    /// A wheel on the disk.
    package struct Wheel: Sendable {
        package let file: URL
        package let fileName: String
    }

    /// Fetches a package's wheel into a folder, or finds it on the disk; its bytes are those that the index's digest says.
    ///
    /// - Parameter fileName: Which wheel, where there are several for different platforms; empty for the one that fits all.
    /// - Throws: `FetchFailure`
    package func wheel(of package: String, version: String, fileName: String = "", into folder: URL) throws -> Wheel {
        let link = try link(package, version, fileName)
        if link.isYanked { observer.log("\(link.fileName) was withdrawn (yanked) by its author") }
        switch link.place {
        case .web(let address):
            let file = folder.appendingPathComponent("\(link.fileName).part")
            var download = Download(client, retries: retries, observer: observer)
            download.maximumBytes = maximumBytes
            observer.log("fetching \(link.fileName) from \(address.display)")
            try download.fetch(
                address, authorization: authorization(for: address), to: file, expecting: link.digest,
                name: link.fileName)
            return Wheel(file: file, fileName: link.fileName)
        case .file(let file):
            if let digest = link.digest {
                let found = try Digest(ofFile: file)
                guard found == digest else {
                    let bytes = (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int) ?? 0
                    throw FetchFailure.mismatch(file.path, bytes, found, digest)
                }
            }
            return Wheel(file: file, fileName: link.fileName)
        }
    }

    /// The user and password of an index on the same host, whose pages lead to files without them.
    private func authorization(for address: WebAddress) -> String? {
        (configuration.indexes + configuration.findLinks).lazy.compactMap { try? WebAddress($0) }
            .first { $0.origin == address.origin && $0.userInfo != nil }?.basicAuthorization
    }

    private func link(_ package: String, _ version: String, _ fileName: String) throws -> PackageLink {
        let wanted = (package: WheelName.normalized(package), version: WheelName.normalized(version: version))
        var versions: Set<String> = []
        var links: [PackageLink] = []
        var problems = [problem].compactMap(\.self)
        let sources =
            configuration.findLinks.map { source in { try self.links(at: source) } }
            + configuration.indexes.map { index in { try self.links(of: wanted.package, index: index) } }
        for source in sources {
            do {
                for link in try source() {
                    guard let name = WheelName(link.fileName), name.package == wanted.package else { continue }
                    versions.insert(name.version)
                    if name.version == wanted.version, !links.contains(where: { $0.fileName == link.fileName }) {
                        links.append(link)
                    }
                }
            } catch let failure as FetchFailure {
                problems.append(failure)
            }
        }
        if links.isEmpty {
            // An index that could not be asked may have it.
            if let problem = problems.first(where: { $0.reason != .notFound }) { throw problem }
            guard !versions.isEmpty else {
                let places = configuration.findLinks.count + configuration.indexes.count
                throw FetchFailure(
                    .notFound,
                    "no wheel of a package '\(package)' was found in the \(places) places that pip is configured "
                        + "with: check the name" + (problems.first.map { " (\($0))" } ?? ""))
            }
            let known = versions.sorted().suffix(10).joined(separator: ", ")
            throw FetchFailure(
                .notFound, "the package '\(package)' has no wheel of version \(version); there are wheels of: \(known)")
        }
        if !fileName.isEmpty {
            if let link = links.first(where: { $0.fileName == fileName }) { return link }
            throw FetchFailure(
                .notFound, "\(package) \(version) has no wheel '\(fileName)'; it has \(Self.list(links))")
        }
        if let link = links.first(where: { WheelName($0.fileName)?.isUniversal == true }) { return link }
        if links.count == 1 { return links[0] }
        throw FetchFailure(
            .refused,
            "\(package) \(version) has several wheels, none for all platforms: \(Self.list(links)); name one "
                + "with the parameter 'wheel'")
    }

    private static func list(_ links: [PackageLink]) -> String {
        let names = links.map(\.fileName).sorted()
        return names.prefix(10).joined(separator: ", ") + (names.count > 10 ? " and \(names.count - 10) more" : "")
    }

    /// The links of a package's page in an index.
    private func links(of package: String, index: String) throws -> [PackageLink] {
        var index = index
        while index.count > 1, index.hasSuffix("/") { index.removeLast() }
        // pip takes a folder as well.
        if let url = index.hasPrefix("/") ? URL(fileURLWithPath: index) : URL(string: index), url.isFileURL {
            let page = url.appendingPathComponent(package).appendingPathComponent("index.html")
            guard let bytes = try? Data(contentsOf: page) else {
                throw FetchFailure(.notFound, "\(page.path) can't be read")
            }
            return PackageLinks.read(html: Array(bytes), base: page)
        }
        return try links(on: WebAddress("\(index)/\(package)/"))
    }

    /// The links that one of pip's `find-links` leads to: of a page, or the files in a folder.
    private func links(at source: String) throws -> [PackageLink] {
        if source.hasPrefix("http://") || source.hasPrefix("https://") { return try links(on: WebAddress(source)) }
        let url = source.hasPrefix("file:") ? URL(string: source) : URL(fileURLWithPath: source)
        guard let url, url.isFileURL else {
            throw FetchFailure(.refused, "pip's find-links has '\(source)', expected a folder, a file or a URL")
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw FetchFailure(.notFound, "pip's find-links names \(url.path), which isn't there")
        }
        if isFolder.boolValue {
            return try FileManager.default.contentsOfDirectory(atPath: url.path).sorted().map { name in
                PackageLink(
                    fileName: name, place: .file(url.appendingPathComponent(name)), digest: nil, isYanked: false)
            }
        }
        if url.pathExtension == "whl" {
            return [PackageLink(fileName: url.lastPathComponent, place: .file(url), digest: nil, isYanked: false)]
        }
        return PackageLinks.read(html: Array(try Data(contentsOf: url)), base: url)
    }

    private func links(on address: WebAddress) throws -> [PackageLink] {
        var request = HTTPClient.Request(address: address)
        request.fields = [
            (
                "Accept",
                "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
            )
        ]
        let page = try client.page(request, retries, observer)
        guard let base = URL(string: page.address.text) else { return [] }
        let type = page.head["content-type"]?.lowercased() ?? ""
        return type.contains("json")
            ? try PackageLinks.read(json: page.bytes, base: base) : PackageLinks.read(html: page.bytes, base: base)
    }
}
