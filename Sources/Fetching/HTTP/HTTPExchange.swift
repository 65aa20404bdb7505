import CCurl

/// Takes the body of a response that succeeded, piece by piece.
protocol BodySink: AnyObject {
    /// Comes before the first piece, also if there is none.
    func begin(_ head: HTTPHead) throws
    func take(_ bytes: UnsafeRawBufferPointer) throws
}

/// One request and its response, without redirects.
struct HTTPExchange {
    var address: WebAddress
    var fields: [(name: String, value: String)] = []
    /// Whether the body may be compressed on its way; never for files, whose bytes are resumed and hashed as they are.
    var acceptsCompression = false
    let settings: ConnectionSettings

    /// How long a header, and the body of a response that isn't a success, may be.
    private static let headLimit = 1 << 18
    private static let errorBodyLimit = 1 << 16

    struct Response {
        let head: HTTPHead
        /// Where a redirect leads, absolute.
        let location: String?
    }

    /// Returns when the response has come to its end; its body went to the sink if the status is 200 or 206.
    ///
    /// - Throws: `FetchFailure`, or what the sink throws.
    func perform(into sink: any BodySink) throws -> Response {
        if let problem = calm_curl_load().map({ String(cString: $0) }) {
            throw FetchFailure(
                .refused,
                "fetching needs the library libcurl.so.4, which can't be loaded: \(problem); install it "
                    + "(Debian: apt-get install libcurl4)")
        }
        guard let curl = calm_curl_open() else { throw FetchFailure(.refused, "no memory for a connection") }
        defer { calm_curl_close(curl) }
        let transfer = Transfer(sink: sink)
        var list: UnsafeMutableRawPointer?
        defer { calm_curl_free_list(list) }
        for field in fields { list = calm_curl_append(list, "\(field.name): \(field.value)") }
        try configure(curl, transfer)
        calm_curl_set_pointer(curl, Int32(CALM_CURLOPT_HTTPHEADER.rawValue), list)
        var message = [CChar](repeating: 0, count: Int(CALM_CURL_ERROR_SIZE))
        let code = message.withUnsafeMutableBufferPointer { buffer in
            calm_curl_set_pointer(curl, Int32(CALM_CURLOPT_ERRORBUFFER.rawValue), buffer.baseAddress)
            return withExtendedLifetime(transfer) { calm_curl_perform(curl) }
        }
        if let error = transfer.error { throw error }
        if code != 0, !transfer.isCutShort {
            let text = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            let tunnel = calm_curl_long(curl, Int32(CALM_CURLINFO_HTTP_CONNECTCODE.rawValue))
            throw proxyFailure(status: tunnel)
                ?? failure(code, text.isEmpty ? String(cString: calm_curl_message(code)) : text)
        }
        try transfer.finish()
        return Response(
            head: transfer.head,
            location: calm_curl_string(curl, Int32(CALM_CURLINFO_REDIRECT_URL.rawValue)).map { String(cString: $0) })
    }

    private func configure(_ curl: UnsafeMutableRawPointer, _ transfer: Transfer) throws {
        func set(_ option: calm_curl_option, _ value: String) {
            calm_curl_set_string(curl, Int32(option.rawValue), value)
        }
        func set(_ option: calm_curl_option, _ value: Int) { calm_curl_set_long(curl, Int32(option.rawValue), value) }
        set(CALM_CURLOPT_URL, address.text)
        set(CALM_CURLOPT_PROTOCOLS, Int(CALM_CURLPROTO_HTTP | CALM_CURLPROTO_HTTPS))
        set(CALM_CURLOPT_FOLLOWLOCATION, 0)
        set(CALM_CURLOPT_NOSIGNAL, 1)
        set(CALM_CURLOPT_NOPROGRESS, 1)
        set(CALM_CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // Credentials for this very host, as pip and git take them from ~/.netrc.
        set(CALM_CURLOPT_NETRC, Int(CALM_CURL_NETRC_OPTIONAL))
        set(CALM_CURLOPT_CONNECTTIMEOUT, settings.connectSeconds)
        set(CALM_CURLOPT_LOW_SPEED_LIMIT, ConnectionSettings.minimumSpeed)
        set(CALM_CURLOPT_LOW_SPEED_TIME, settings.stallSeconds)
        set(CALM_CURLOPT_USERAGENT, "calm")
        // Also if empty: else libcurl would look at the environment itself.
        set(CALM_CURLOPT_PROXY, settings.proxies[address.scheme] ?? "")
        set(CALM_CURLOPT_NOPROXY, settings.directHosts)
        if acceptsCompression { set(CALM_CURLOPT_ACCEPT_ENCODING, "") }
        if let file = settings.certificateFile {
            set(CALM_CURLOPT_CAINFO, file)
            set(CALM_CURLOPT_PROXY_CAINFO, file)
        }
        if let folder = settings.certificateFolder { set(CALM_CURLOPT_CAPATH, folder) }
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        calm_curl_set_pointer(curl, Int32(CALM_CURLOPT_HEADERDATA.rawValue), context)
        calm_curl_set_pointer(curl, Int32(CALM_CURLOPT_WRITEDATA.rawValue), context)
        calm_curl_set_sink(curl, Int32(CALM_CURLOPT_HEADERFUNCTION.rawValue)) { bytes, _, size, context in
            Transfer.from(context)?.takeHead(UnsafeRawBufferPointer(start: bytes, count: size)) == true ? size : 0
        }
        calm_curl_set_sink(curl, Int32(CALM_CURLOPT_WRITEFUNCTION.rawValue)) { bytes, _, size, context in
            // libcurl takes 0 of 0 for a success.
            Transfer.from(context)?.takeBody(UnsafeRawBufferPointer(start: bytes, count: size)) == true ? size : 0
        }
    }

    /// - Parameter status: What the proxy answered when it was asked for a tunnel to a host with HTTPS; 0 if it wasn't.
    private func proxyFailure(status: Int) -> FetchFailure? {
        guard status >= 300 else { return nil }
        let answer = "\(address.display): the proxy refuses a connection to \(address.host), it answers \(status)"
        switch status {
        case 407: return FetchFailure(.refused, "\(answer): write user and password into the proxy's URL")
        case 408, 429, 500...599: return FetchFailure(.transient, answer)
        default: return FetchFailure(.refused, "\(answer); no_proxy names hosts to be reached without it")
        }
    }

    private func failure(_ code: Int32, _ text: String) -> FetchFailure {
        let place = address.display
        switch UInt32(bitPattern: code) {
        case CALM_CURLE_OPERATION_TIMEDOUT.rawValue:
            return FetchFailure(.transient, "\(place): the connection stalled or timed out (\(text))")
        case CALM_CURLE_PARTIAL_FILE.rawValue:
            return FetchFailure(.transient, "\(place): the connection was cut (\(text))")
        case CALM_CURLE_PEER_FAILED_VERIFICATION.rawValue:
            return FetchFailure(
                .refused,
                "\(place): its certificate is not trusted (\(text)); if its authority is your own, name the "
                    + "file of its certificate in SSL_CERT_FILE")
        case CALM_CURLE_SSL_CACERT_BADFILE.rawValue:
            return FetchFailure(
                .refused,
                "the certificates in \(settings.certificateFile ?? "the system's store") can't be read "
                    + "(\(text)); check SSL_CERT_FILE")
        case CALM_CURLE_UNSUPPORTED_PROTOCOL.rawValue, CALM_CURLE_URL_MALFORMAT.rawValue:
            return FetchFailure(.refused, "\(place): \(text)")
        default: return FetchFailure(.transient, "\(place): \(text)")
        }
    }

    /// What the C callbacks work on.
    private final class Transfer {
        let sink: any BodySink
        private(set) var head = HTTPHead()
        private(set) var error: (any Error)?
        /// Whether it was ended by us, although all is well.
        private(set) var isCutShort = false
        private var headBytes = 0
        private var discarded = 0
        private var hasBegun = false

        init(sink: any BodySink) { self.sink = sink }

        static func from(_ context: UnsafeMutableRawPointer?) -> Transfer? {
            context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
        }

        private var succeeds: Bool { head.status == 200 || head.status == 206 }

        func takeHead(_ bytes: UnsafeRawBufferPointer) -> Bool {
            headBytes += bytes.count
            guard headBytes <= HTTPExchange.headLimit else {
                error = FetchFailure(.refused, "the server sends a header of more than \(HTTPExchange.headLimit) bytes")
                return false
            }
            head.take(String(decoding: bytes, as: UTF8.self))
            return true
        }

        func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
            guard succeeds else {
                discarded += bytes.count
                isCutShort = discarded > HTTPExchange.errorBodyLimit
                return !isCutShort
            }
            do {
                try begin()
                try sink.take(bytes)
                return true
            } catch {
                self.error = error
                return false
            }
        }

        private func begin() throws {
            guard !hasBegun else { return }
            hasBegun = true
            try sink.begin(head)
        }

        func finish() throws {
            if succeeds { try begin() }
        }
    }
}
