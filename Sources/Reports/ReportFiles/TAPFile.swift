import Glibc

/// Results in the Test Anything Protocol (testanything.org), which aren't read as test cases: a failure in them is seen all the
/// same.
package enum TAPFile {
    /// How much of a file is looked at.
    private static let mostBytes = 64 << 20

    static func isName(_ name: String) -> Bool { name.lowercased().hasSuffix(".tap") }

    /// How many results of a file are `not ok`, and whether the tests were given up; nil if the file can't be read.
    static func failures(_ file: BytePath) -> (count: Int, bailsOut: Bool)? {
        let descriptor = file.withCString { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC) }
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var (bytes, chunk): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 1 << 16))
        while bytes.count < mostBytes {
            let count = read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return failures(in: bytes)
    }

    /// Tests that are known to fail (`# TODO`), or were skipped, are not counted; those of subtests, which are indented, are.
    package static func failures(in bytes: [UInt8]) -> (count: Int, bailsOut: Bool) {
        var (count, bailsOut) = (0, false)
        for line in bytes.split(separator: 0x0A) {
            let line = line.drop { $0 == 0x20 || $0 == 0x09 }
            if line.starts(with: "Bail out!".utf8) { bailsOut = true }
            guard line.starts(with: "not ok".utf8),
                line.dropFirst(6).first.map({ !(0x61...0x7A).contains($0 | 0x20) }) ?? true
            else { continue }
            let text = String(decoding: line, as: UTF8.self).lowercased()
            let directive = text.lastIndex(of: "#").map { text[text.index(after: $0)...].drop { $0 == " " } } ?? ""
            if !directive.hasPrefix("todo"), !directive.hasPrefix("skip") { count += 1 }
        }
        return (count, bailsOut)
    }
}
