import Foundation
import Reports
import Testing
import Unpacking

struct CompressedReportTests {
    /// `unit/a.xml` deflated, `../../b.xml` stored, `readme.txt`, `z.zip` with `c.xml` in it, and `y.xml.gz`; by Python's zipfile.
    private static let archive = """
        UEsDBBQAAAAIAAAAIQAT/OZqKAAAADYAAAAKAAAAdW5pdC9hLnhtbLMpSS0uKS7NLElVyEvMTbVVSlSyswGJJScWw4Ty81KV9O1s
        9OFK7QBQSwMEFAAAAAAAAAAhAIlLp2E2AAAANgAAAAsAAAAuLi8uLi9iLnhtbDx0ZXN0c3VpdGUgbmFtZT0iYiI+PHRlc3RjYXNl
        IG5hbWU9InR3byIvPjwvdGVzdHN1aXRlPlBLAwQUAAAAAAAAACEAHyiqZwIAAAACAAAACgAAAHJlYWRtZS50eHRub1BLAwQUAAAA
        AAAAACEAdfv/uKIAAACiAAAABQAAAHouemlwUEsDBBQAAAAAAAAAIQAT/OZqNgAAADYAAAAFAAAAYy54bWw8dGVzdHN1aXRlIG5h
        bWU9ImEiPjx0ZXN0Y2FzZSBuYW1lPSJvbmUiLz48L3Rlc3RzdWl0ZT5QSwECFAMUAAAAAAAAACEAE/zmajYAAAA2AAAABQAAAAAA
        AAAAAAAAgAEAAAAAYy54bWxQSwUGAAAAAAEAAQAzAAAAWQAAAAAAUEsDBBQAAAAAAAAAIQCfbC7wOgAAADoAAAAIAAAAeS54bWwu
        Z3ofiwgAAAAAAAIDsylJLS4pLs0sSVXIS8xNtVVKUrKzAYklJxbDhErK85X07Wz04UrtAIlLp2E2AAAAUEsBAhQDFAAAAAgAAAAh
        ABP85mooAAAANgAAAAoAAAAAAAAAAAAAAIABAAAAAHVuaXQvYS54bWxQSwECFAMUAAAAAAAAACEAiUunYTYAAAA2AAAACwAAAAAA
        AAAAAAAAgAFQAAAALi4vLi4vYi54bWxQSwECFAMUAAAAAAAAACEAHyiqZwIAAAACAAAACgAAAAAAAAAAAAAAgAGvAAAAcmVhZG1l
        LnR4dFBLAQIUAxQAAAAAAAAAIQB1+/+4ogAAAKIAAAAFAAAAAAAAAAAAAACAAdkAAAB6LnppcFBLAQIUAxQAAAAAAAAAIQCfbC7w
        OgAAADoAAAAIAAAAAAAAAAAAAACAAZ4BAAB5LnhtbC5nelBLBQYAAAAABQAFABIBAAD+AQAAAAA=
        """
    static let gzip = """
        H4sIAAAAAAACA7MpSS0uKS7NLElVyEvMTbVVSlSyswGJJScWw4Ty81KV9O1s9OFK7QAT/OZqNgAAAA==
        """

    static func bytes(_ text: String) throws -> Data {
        try #require(Data(base64Encoded: text, options: .ignoreUnknownCharacters))
    }

    /// What a file unpacks to: `name = text`, or `name: why not`.
    private static func unpacked(_ bytes: Data, _ name: String) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent(name)
        try bytes.write(to: file)
        let inside = folder.appendingPathComponent("unpacked")
        try FileManager.default.createDirectory(at: inside, withIntermediateDirectories: true)
        let format = try #require(try CompressedReport.format(of: file))
        return try CompressedReport.unpack(file, format, name: name, into: inside).members.map { member in
            switch member {
            case .file(let plain, let name):
                // Nothing is written but below the folder.
                #expect(plain.standardizedFileURL.path.hasPrefix(inside.standardizedFileURL.path + "/"))
                return "\(name) = \(plain.lastPathComponent) \(try String(contentsOf: plain, encoding: .utf8))"
            case .refused(let refusal): return "\(refusal.file): \(refusal.reason)"
            }
        }
    }

    private static let a = "<testsuite name=\"a\"><testcase name=\"one\"/></testsuite>"
    private static let b = "<testsuite name=\"b\"><testcase name=\"two\"/></testsuite>"

    @Test("the reports of a zip archive, whatever they are packed in, in the order of their names")
    func zip() throws {
        #expect(
            try Self.unpacked(try Self.bytes(Self.archive), "r.zip") == [
                "r.zip!../../b.xml = b.xml \(Self.b)", "r.zip!unit/a.xml = a.xml \(Self.a)",
                "r.zip!y.xml.gz = y.xml \(Self.b)", "r.zip!z.zip!c.xml = c.xml \(Self.a)",
            ])
    }

    @Test("a gzip file, and several in a row, as `cat` makes them")
    func gz() throws {
        let one = try Self.bytes(Self.gzip)
        #expect(try Self.unpacked(one, "a.xml.gz") == ["a.xml.gz = a.xml \(Self.a)"])
        #expect(try Self.unpacked(one + one, "a.xml.gz") == ["a.xml.gz = a.xml \(Self.a)\(Self.a)"])
        #expect(try Self.unpacked(one + Data(count: 512), "a.gz") == ["a.gz = a \(Self.a)"])
    }

    @Test("every gzip file that is cut off is refused")
    func cut() throws {
        let whole = try Self.bytes(Self.gzip)
        for count in 3..<whole.count {
            let found = try Self.unpacked(whole.prefix(count), "a.xml.gz")
            #expect(found.count == 1 && found[0].contains("cut off"), "\(count) bytes: \(found)")
        }
    }

    @Test("no byte of a zip archive can be changed so that a report comes out changed")
    func damaged() throws {
        let whole = try Self.bytes(Self.archive)
        for index in whole.indices.dropFirst(4) where index % 13 == 0 {
            var bytes = whole
            bytes[index] ^= 0x55
            for line in try Self.unpacked(bytes, "r.zip") where line.contains(" = ") {
                #expect(line.hasSuffix(Self.a) || line.hasSuffix(Self.b), "byte \(index): \(line)")
            }
        }
        let cut = try Self.unpacked(whole.prefix(whole.count - 30), "r.zip")
        #expect(cut.count == 1 && cut[0].contains("damaged"), "\(cut)")
    }

    @Test("what unpacks to far more than its size, or than 1 GiB, is refused")
    func bombs() throws {
        var budget = UnpackingBudget(compressed: 100_000)
        try budget.spend(50_000_000)
        try budget.spend(CompressedReport.ratioFloor - 50_000_000)
        #expect(throws: UnpackingProblem.self) { try budget.spend(1) }
        var large = UnpackingBudget(compressed: 500 << 20)
        try large.spend(1 << 30)
        #expect(throws: UnpackingProblem.self) { try large.spend(1) }
    }

    @Test("an archive's directory of more than 64 MiB isn't read")
    func largeDirectory() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString).zip")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data([0x50, 0x4B, 3, 4]).write(to: file)
        let size = 65 << 20
        let handle = try FileHandle(forWritingTo: file)
        // A hole, which takes no room on a disk.
        try handle.truncate(atOffset: UInt64(4 + size))
        try handle.seekToEnd()
        let length = (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) }
        try handle.write(
            contentsOf: Data([0x50, 0x4B, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0] + length + [4, 0, 0, 0, 0, 0]))
        try handle.close()
        let problem = #expect(throws: UnpackingProblem.self) { try ZipArchive(file) }
        #expect(problem?.description.contains("\(size) bytes, expected at most") == true, "\(problem as Any)")
    }

    @Test("other compressed forms are named")
    func others() throws {
        let found = try Self.unpacked(Data([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]), "a.xml.xz")
        #expect(
            found == [
                "a.xml.xz: it is compressed (xz), which isn't read: unpack it, or have it packed as .tar.gz or .zip"
            ])
    }
}
