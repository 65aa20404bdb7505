import Foundation
import Reports
import Testing

/// What in a folder can't be read, and may hold results.
@Suite struct UnreadFormTests {
    private static let passing = Data("<testsuite name='s'><testcase name='a'/></testsuite>".utf8)
    private static let xz = Data([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0])

    /// What is refused in a folder with a file of such a name, and whether there is a warning.
    private func search(_ name: String, _ bytes: Data) throws -> (refused: [String], warning: String?, files: [String])
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Self.passing.write(to: folder.appendingPathComponent("a.xml"))
        try bytes.write(to: file)
        let search = ReportSearch([folder.path])
        return (search.unreadable.map { "\($0.name): \($0.refusal.reason)" }, search.warning, search.files.map(\.name))
    }

    @Test(
        "one that is called like results is refused",
        arguments: [
            "test-results.tar.xz", "TestReport.7z", "junit.rar", "tests.tar.bz2", "linux/results.tar.zst", "r.xml.bz2",
            "r.tap.xz", "surefire-reports/linux.tar.xz", "x.subunit", "test-results", "junit-coverage.tar.xz",
        ])
    func refused(name: String) throws {
        let found = try search(name, Self.xz)
        #expect(found.refused.count == 1 && found.refused[0].hasPrefix(name + ": it is "), "\(found)")
        #expect(found.refused.first?.contains("which isn't read") == true && found.files == ["a.xml"], "\(found)")
    }

    @Test(
        "others are only named",
        arguments: [
            "node_modules.tar.xz", "coverage-report.tar.xz", "latest.7z", "test-videos.rar", "data/app.tar.bz2",
        ])
    func named(name: String) throws {
        let found = try search(name, Self.xz)
        #expect(found.refused.isEmpty && found.warning?.contains(name) == true, "\(found)")
    }

    @Test(
        "what isn't packed, or no archive, is passed over", arguments: ["a.mp4", "blob", "trace.log", "index.html.br"])
    func passed(name: String) throws {
        let found = try search(name, Self.xz)
        #expect(found.refused.isEmpty && found.warning == nil && found.files == ["a.xml"], "\(found)")
    }

    @Test("Subunit is told by its first bytes, too")
    func subunit() throws {
        let found = try search("test.results", Data([0xB3, 0x29, 1, 2]))
        #expect(
            found.refused == [
                "test.results: it is Subunit, which isn't read: have the tests write JUnit XML or TAP, or convert it"
            ])
    }

    @Test(
        "results in TAP are found under any name, behind links and in other folders",
        arguments: ["r.tap", "out", "t/a.t", "test.log"])
    func tap(name: String) throws {
        let text = Data("1..1\nnot ok 1\n".utf8)
        #expect(try search(name, text).files == ["a.xml", name])
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("in"), withIntermediateDirectories: true)
        try text.write(to: folder.appendingPathComponent("elsewhere"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/in/r.tap", withDestinationPath: folder.path + "/elsewhere")
        #expect(ReportSearch([folder.path + "/in"]).files.map(\.name) == ["r.tap"])
    }
}
