import Foundation

/// Gets files and pages, following redirects with care.
package struct HTTPClient: Sendable {
    static let maximumRedirects = 10

    package let settings: ConnectionSettings

    package init(_ settings: ConnectionSettings) { self.settings = settings }

    /// A request: what it asks for and how.
    struct Request {
        var address: WebAddress
        /// The `Authorization`, sent to the first address's own origin only.
        var authorization: String?
        var fields: [(name: String, value: String)] = []
        var acceptsCompression = false
    }

    /// Gives the body of the response to the sink; returns its header and the address that it came from in the end.
    ///
    /// A redirect never leads from HTTPS to HTTP, and credentials don't follow to another host, port or scheme.
    /// - Throws: `FetchFailure` for every status but 200, 206 and 416, or what the sink throws.
    func get(_ request: Request, into sink: any BodySink) throws -> (head: HTTPHead, address: WebAddress) {
        var address = request.address
        var authorization = address.basicAuthorization ?? request.authorization
        for _ in 0...Self.maximumRedirects {
            var exchange = HTTPExchange(address: address, settings: settings)
            exchange.fields = request.fields
            exchange.acceptsCompression = request.acceptsCompression
            if let authorization { exchange.fields.append(("Authorization", authorization)) }
            let response = try exchange.perform(into: sink)
            let head = response.head
            guard head.isRedirect else {
                if [200, 206, 416].contains(head.status) { return (head, address) }
                throw Self.failure(head, at: address, request: request)
            }
            guard let location = response.location else {
                throw FetchFailure(
                    .refused, "\(address.display) answers \(head.status), a redirect, but doesn't say where to")
            }
            let next = try WebAddress(location)
            guard next.scheme == "https" || address.scheme == "http" else {
                throw FetchFailure(
                    .refused,
                    "\(address.display) redirects from https to \(next.display), which is not encrypted; "
                        + "that isn't followed")
            }
            if next.origin != address.origin { authorization = nil }
            authorization = next.basicAuthorization ?? authorization
            address = next
        }
        throw FetchFailure(
            .refused,
            "\(request.address.display) redirects more than \(Self.maximumRedirects) times, lastly to "
                + address.display)
    }

    private static func failure(_ head: HTTPHead, at address: WebAddress, request: Request) -> FetchFailure {
        let origin = address == request.address ? "" : " (where \(request.address.display) redirects to)"
        let answer = "\(address.display)\(origin) answers \(head.status)\(meaning(head.status))"
        switch head.status {
        case 404, 410: return FetchFailure(.notFound, "\(answer): check the address")
        case 401, 403:
            let what =
                request.authorization == nil && request.address.userInfo == nil
                ? "no credentials were sent" : "credentials were sent"
            return FetchFailure(.refused, "\(answer); \(what)")
        case 408, 425, 429, 500...599:
            var failure = FetchFailure(.transient, answer)
            failure.pause = head.retryAfter
            return failure
        default: return FetchFailure(.refused, "\(answer), expected 200")
        }
    }

    private static func meaning(_ status: Int) -> String {
        let meanings = [
            400: "bad request", 401: "unauthorized", 403: "forbidden", 404: "not found",
            407: "proxy authentication required",
            408: "request timeout", 410: "gone", 429: "too many requests", 500: "internal server error",
            502: "bad gateway",
            503: "service unavailable", 504: "gateway timeout",
        ]
        return meanings[status].map { " (\($0))" } ?? ""
    }
}
