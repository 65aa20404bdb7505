import Foundation
import Reports
import Testing

/// What the search for reports unpacks.
@Suite struct ReportSearchTests {
    @Test("all archives of a call have one budget, and an unpacked file goes when it was read")
    func budget() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let size = 54
        for name in ["a", "b", "c"] {
            try CompressedReportTests.bytes(CompressedReportTests.gzip).write(
                to: folder.appendingPathComponent("\(name).xml.gz"))
        }
        let plain = folder.appendingPathComponent("plain.xml")
        try Data("<testsuite/>".utf8).write(to: plain)
        let search = ReportSearch([folder.path], unpackingAtMost: 2 * size)
        #expect(search.files.map(\.name) == ["a.xml.gz", "b.xml.gz", "plain.xml"])
        #expect(search.unreadable.map(\.name) == ["c.xml.gz"])
        #expect(search.unreadable.first?.refusal.reason.contains("all compressed files of one call") == true)
        for file in search.files {
            #expect(FileManager.default.fileExists(atPath: file.url.path))
            search.discard(file)
        }
        let left = search.files.filter { FileManager.default.fileExists(atPath: $0.url.path) }
        #expect(left.map(\.name) == ["plain.xml"])
        #expect(ReportSearch([folder.path]).files.count == 4)
    }
}
