import Foundation

/// Passes bytes between a connection and a port of this machine, as a proxy does after CONNECT, until one side closes.
enum LoopbackTunnel {
    static func run(_ connection: Int32, _ port: Int) {
        let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(far) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(far, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return }
        var states = [
            pollfd(fd: connection, events: Int16(POLLIN), revents: 0),
            pollfd(fd: far, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&states, 2, 30_000) > 0 {
            for (from, to) in [(0, 1), (1, 0)] where states[from].revents != 0 {
                guard pass(from: states[from].fd, to: states[to].fd) else { return }
            }
        }
    }

    private static func pass(from: Int32, to: Int32) -> Bool {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(from, &piece, piece.count)
        var sent = 0
        while sent < count {
            let put = piece[sent..<count].withUnsafeBytes {
                Glibc.send(to, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard put > 0 else { return false }
            sent += put
        }
        return count > 0
    }
}
