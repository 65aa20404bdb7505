import Catalogue
import Foundation

extension JUnitReader {
    /// A file that isn't well-formed is read as a whole, so that it may not be larger than this.
    static let malformedLimit = 32 << 20
    static let fileLimit = 1 << 30

    /// Reads a file and gives its cases; returns what they add up to.
    ///
    /// `again` is called between two attempts: what the first has given must be forgotten.
    /// - Throws: `RefusedReport`, or what `emit` throws.
    package static func read(
        _ file: URL, transcript: JUnitTranscript? = nil, again: () throws -> Void,
        _ emit: @escaping (TestCase) throws -> Void
    ) throws -> TestSummary {
        let name = file.lastPathComponent
        let size = (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int) ?? 0
        func refused(_ reason: String, isForeign: Bool = false) -> RefusedReport {
            RefusedReport(file: file.path, reason: reason, isForeign: isForeign)
        }
        guard size > 0 else { throw refused("it is empty") }
        guard size <= fileLimit else { throw refused("it has \(size) bytes, expected at most \(fileLimit)") }
        if let format = try compression(of: file) {
            throw refused("it is compressed (\(format)): unpack it first", isForeign: true)
        }
        do {
            let source = try XMLSource(file)
            do {
                var stream = JUnitReader(try XMLReader(streaming: source, name), transcript, emit)
                return try stream.run(replaced: source.replaced, source)
            } catch JUnitProblem.malformed(let reason) {
                guard size <= malformedLimit else {
                    throw refused("it isn't well-formed XML, and too large to be mended (\(reason))")
                }
                try again()
                transcript?.reset()
                return try recover(file, name, reason, transcript, emit)
            }
        } catch JUnitProblem.refused(let reason) {
            throw refused(reason, isForeign: reason.hasPrefix("it is no JUnit report"))
        } catch JUnitProblem.malformed(let reason) {
            throw refused(reason)
        }
    }

    /// The format of a compressed file, by its first bytes.
    private static func compression(of file: URL) throws -> String? {
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        let start = Array(try handle.read(upToCount: 6) ?? Data())
        let formats: [(String, [UInt8])] = [
            ("gzip", [0x1F, 0x8B]), ("zip", [0x50, 0x4B, 3, 4]), ("bzip2", [0x42, 0x5A, 0x68]),
            ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A]), ("zstd", [0x28, 0xB5, 0x2F, 0xFD]), ("lz4", [4, 0x22, 0x4D, 0x18]),
        ]
        return formats.first { start.starts(with: $0.1) }?.0
    }

    private static func recover(
        _ file: URL, _ name: String, _ reason: String, _ transcript: JUnitTranscript?,
        _ emit: @escaping (TestCase) throws -> Void
    ) throws -> TestSummary {
        let source = try XMLSource(file)
        var bytes = Data(count: try Data(contentsOf: file, options: .mappedIfSafe).count)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                source.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[count...]))
            }
            guard got > 0 else { break }
            count += got
        }
        let isCut = cutsLastCase(bytes)
        var held: TestCase?
        var reader = JUnitReader(try XMLReader(recovering: bytes, name), transcript) { item in
            if let held { try emit(held) }
            held = item
        }
        var summary = try reader.run(replaced: source.replaced, nil)
        summary.warnings.insert("not well-formed XML, read as far as possible (\(reason))", at: 0)
        let written = bytes.count(of: "<testcase")
        if written > summary.tests {
            summary.warnings.append("\(written - summary.tests) of \(written) test cases were lost")
        }
        if let last = held {
            if isCut, last.status == .passed {
                summary.tests -= 1
                summary.seconds -= last.seconds ?? 0
                transcript?.removeLastCase()
                summary.warnings.append("the file ends within the test case '\(last.name)', which is left out")
            } else {
                try emit(last)
            }
        }
        return summary
    }

    /// Whether the file ends within a test case, so that nobody knows how that one ended.
    private static func cutsLastCase(_ bytes: Data) -> Bool {
        guard let start = bytes.range(of: Data("<testcase".utf8), options: .backwards) else { return false }
        let rest = bytes[start.upperBound...]
        if rest.range(of: Data("</testcase".utf8)) != nil { return false }
        guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return true }
        return bytes[bytes.index(before: end)] != UInt8(ascii: "/")
    }
}

extension Data {
    /// How often a text occurs.
    fileprivate func count(of text: String) -> Int {
        let wanted = Data(text.utf8)
        var count = 0
        var start = startIndex
        while let found = self[start...].range(of: wanted) {
            count += 1
            start = found.upperBound
        }
        return count
    }
}
