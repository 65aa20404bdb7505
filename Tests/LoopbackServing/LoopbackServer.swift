import Foundation
import Synchronization

/// A web server on the loopback interface that answers as a test says: well, or as badly as servers do.
package final class LoopbackServer: Sendable {
    package struct Request: Sendable {
        /// With its query.
        package let path: String
        /// By lower-case name.
        package let fields: [String: String]
        /// How many requests for this path came before.
        package let number: Int

        /// The first byte that is asked for; nil if all are.
        package var rangeStart: Int? {
            fields["range"].flatMap { $0.split(separator: "=").last }.flatMap { Int($0.prefix { $0 != "-" }) }
        }
    }

    package struct Answer: Sendable {
        package var status = 200
        package var fields: [(String, String)] = []
        package var body: [UInt8] = []
        /// What `Content-Length` says; nil for none.
        package var declaredLength: Int? = nil
        /// Of the body, so many bytes are sent before the connection is closed.
        package var cutAfter: Int? = nil
        /// Of the body, so many bytes are sent before nothing more comes.
        package var stallAfter: Int? = nil
        /// Bytes that follow for ever, until the client goes.
        package var isEndless = false
        /// As a proxy's answer to CONNECT: the port of this machine that is reached through the connection from here on.
        package var tunnelPort: Int? = nil

        package init(_ body: [UInt8] = [], status: Int = 200, fields: [(String, String)] = []) {
            self.status = status
            self.fields = fields
            self.body = body
            declaredLength = body.count
        }

        package static func tunnel(to port: Int) -> Answer {
            var answer = Answer()
            answer.declaredLength = nil
            answer.tunnelPort = port
            return answer
        }

        package static func redirect(to location: String, status: Int = 302) -> Answer {
            Answer(status: status, fields: [("Location", location)])
        }

        /// The file, or the part of it that the request asks for, as a well-kept server sends it.
        package static func file(_ bytes: [UInt8], _ request: Request, tag: String? = nil) -> Answer {
            let tagField = tag.map { [("ETag", $0)] } ?? []
            let isSame = request.fields["if-range"].map { $0 == tag } ?? true
            guard let start = request.rangeStart, isSame else { return Answer(bytes, fields: tagField) }
            guard start < bytes.count else {
                return Answer(status: 416, fields: [("Content-Range", "bytes */\(bytes.count)")])
            }
            let range = ("Content-Range", "bytes \(start)-\(bytes.count - 1)/\(bytes.count)")
            return Answer(Array(bytes[start...]), status: 206, fields: tagField + [range])
        }

        package func cut(after count: Int) -> Answer {
            var answer = self
            answer.cutAfter = count
            return answer
        }
    }

    package typealias Handler = @Sendable (Request) -> Answer

    package let port: Int
    private let listener: Int32
    private let handler: Handler
    private let state = Mutex((requests: [Request](), counts: [String: Int](), isStopped: false))

    package init(_ handler: @escaping Handler) throws {
        self.handler = handler
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &size) == 0
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard isOpen else { throw Failure() }
        Thread.detachNewThread { [self] in accept() }
    }

    struct Failure: Error {}

    package func stop() {
        state.withLock { $0.isStopped = true }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    package var origin: String { "http://127.0.0.1:\(port)" }

    /// All requests so far.
    package var requests: [Request] { state.withLock(\.requests) }

    private func accept() {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            if connection < 0 {
                if state.withLock(\.isStopped) { return }
                continue
            }
            Thread.detachNewThread { [self] in
                serve(connection)
                close(connection)
            }
        }
    }

    private func serve(_ connection: Int32) {
        guard let request = request(from: connection) else { return }
        let answer = handler(request)
        var head = "HTTP/1.1 \(answer.status) Status\r\n" + (answer.tunnelPort == nil ? "Connection: close\r\n" : "")
        if let length = answer.declaredLength { head += "Content-Length: \(length)\r\n" }
        for (name, value) in answer.fields { head += "\(name): \(value)\r\n" }
        guard send(Array((head + "\r\n").utf8), to: connection) else { return }
        if let port = answer.tunnelPort { return LoopbackTunnel.run(connection, port) }
        let count = min(answer.cutAfter ?? .max, answer.stallAfter ?? .max, answer.body.count)
        guard send(Array(answer.body[..<count]), to: connection) else { return }
        if answer.stallAfter != nil { wait(for: connection) }
        if answer.isEndless {
            let piece = [UInt8](repeating: 120, count: 1 << 16)
            while send(piece, to: connection) {}
        }
    }

    /// Until the client closes the connection.
    private func wait(for connection: Int32) {
        var byte: UInt8 = 0
        while read(connection, &byte, 1) > 0 {}
    }

    private func send(_ bytes: [UInt8], to connection: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let put = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard put > 0 else { return false }
            rest = rest.dropFirst(put)
        }
        return true
    }

    private func request(from connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            var byte: UInt8 = 0
            guard read(connection, &byte, 1) == 1, bytes.count < 1 << 16 else { return nil }
            bytes.append(byte)
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
        guard let path = lines.first?.split(separator: " ").dropFirst().first.map(String.init) else { return nil }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        return state.withLock { state in
            let request = Request(path: path, fields: fields, number: state.counts[path, default: 0])
            state.counts[path, default: 0] += 1
            state.requests.append(request)
            return request
        }
    }
}
