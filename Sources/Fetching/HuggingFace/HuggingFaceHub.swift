import Artifacts
import Foundation

/// The files of a repository on the hub.
package struct HuggingFaceHub: Sendable {
    package struct File: Sendable, Hashable {
        package let path: String
        package let size: Int
        /// Known for files in large file storage only.
        package let digest: Digest?
    }

    /// A listing is refused beyond so many files.
    private static let maximumFiles = 100_000

    let client: HTTPClient
    let settings: HuggingFaceSettings
    let retries: RetryPolicy
    let observer: FetchObserver

    package init(
        _ client: HTTPClient, settings: HuggingFaceSettings, retries: RetryPolicy = RetryPolicy(),
        observer: FetchObserver = FetchObserver()
    ) {
        self.client = client
        self.settings = settings
        self.retries = retries
        self.observer = observer
    }

    package var authorization: String? { settings.token.map { "Bearer \($0)" } }

    package func address(of file: String, in repository: HuggingFaceRepository) throws(FetchFailure) -> WebAddress {
        try repository.address(of: file, at: settings.endpoint)
    }

    /// All files of a repository, in the order of their paths.
    package func files(of repository: HuggingFaceRepository) throws -> [File] {
        var files: [File] = []
        let first = try repository.listingAddress(at: settings.endpoint)
        var next: WebAddress? = first
        while let address = next {
            let authorization = address.origin == first.origin ? authorization : nil
            let page = try client.page(.init(address: address, authorization: authorization), retries, observer)
            let (found, isEmpty) = try Self.files(listedIn: page.bytes, of: address.display)
            files += found
            guard files.count <= Self.maximumFiles else {
                throw FetchFailure(.refused, "\(address.display) lists more than \(Self.maximumFiles) files")
            }
            next = try page.head.nextPage.map { try page.address.resolving($0) }
            if isEmpty { next = nil }
        }
        return files.sorted { $0.path < $1.path }
    }

    /// The files that one page of a listing names, and whether it has no entry at all.
    ///
    /// - Parameter place: Where the page is from, for messages.
    package static func files(
        listedIn page: [UInt8], of place: String
    ) throws(FetchFailure) -> (files: [File], isEmpty: Bool) {
        guard case .array(let entries) = try? JSONValue(parsing: page) else {
            throw FetchFailure(.refused, "\(place) is not a listing of a repository: expected a JSON array")
        }
        var files: [File] = []
        for entry in entries {
            guard let fields = entry.members, let type = fields["type"]?.text, let path = fields["path"]?.text else {
                throw FetchFailure(.refused, "\(place) lists an entry without type and path")
            }
            guard type == "file" else { continue }
            if let fault = Manifest.fault(ofMemberName: path) {
                throw FetchFailure(.refused, "\(place) lists the file '\(path)', which \(fault)")
            }
            let digest = fields["lfs"]?.members?["oid"]?.text.flatMap(Digest.init(hex:))
            files.append(File(path: path, size: fields["size"]?.integer ?? 0, digest: digest))
        }
        return (files, entries.isEmpty)
    }
}
