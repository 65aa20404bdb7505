/// A page in memory: of an index or a listing, never a file.
final class PageSink: BodySink {
    static let limit = 64 << 20

    private(set) var bytes: [UInt8] = []
    private(set) var head = HTTPHead()

    func begin(_ head: HTTPHead) {
        bytes = []
        self.head = head
    }

    func take(_ piece: UnsafeRawBufferPointer) throws {
        guard bytes.count + piece.count <= Self.limit else {
            throw FetchFailure(.refused, "the page has more than \(Self.limit >> 20) MiB, the limit")
        }
        bytes.append(contentsOf: piece)
    }
}

/// A page and where it came from.
struct Page {
    let bytes: [UInt8]
    let head: HTTPHead
    let address: WebAddress
}

extension HTTPClient {
    /// Gets a page, trying again where that makes sense.
    func page(_ request: Request, _ retries: RetryPolicy, _ observer: FetchObserver) throws -> Page {
        var request = request
        request.acceptsCompression = true
        return try retries.perform(observer) {
            let sink = PageSink()
            let (_, address) = try get(request, into: sink)
            return Page(bytes: sink.bytes, head: sink.head, address: address)
        }
    }
}
