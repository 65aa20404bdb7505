import Foundation
import Pipelines
import Testing

@Suite("Globs") struct GlobPatternTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let files = [
            "a.csv", "b.csv", "B.csv", "é.csv", ".hidden.csv", "a.txt", "data/a.csv", "data/deep/er/c.csv",
            "data/.git/x.csv", "[x].csv", "folder.csv/inside.csv",
        ]
        for file in files {
            let url = folder.url.appendingPathComponent(file)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(file.utf8).write(to: url)
        }
    }

    private func find(_ pattern: String, in name: String = "") throws -> [String] {
        let base = name.isEmpty ? folder.url.path : folder.url.appendingPathComponent(name).path
        return try GlobSearch(GlobPattern(pattern), in: base).files.map(\.name)
    }

    @Test(
        "what patterns find, in the order of bytes",
        arguments: [
            ("*.csv", ["B.csv", "[x].csv", "a.csv", "b.csv", "é.csv"]),
            ("?.csv", ["B.csv", "a.csv", "b.csv", "é.csv"]),
            ("[a-b].*", ["a.csv", "a.txt", "b.csv"]),
            ("[!a-z].csv", ["B.csv", "é.csv"]),
            ("[]x[]*.csv", ["[x].csv"]),
            ("\\[x\\].csv", ["[x].csv"]),
            (
                "**/*.csv",
                [
                    "B.csv", "[x].csv", "a.csv", "b.csv", "data/a.csv", "data/deep/er/c.csv", "folder.csv/inside.csv",
                    "é.csv",
                ]
            ),
            ("**/**/c.csv", ["data/deep/er/c.csv"]),
            ("data/**", ["data/a.csv", "data/deep/er/c.csv"]),
            ("data/*/*/*.csv", ["data/deep/er/c.csv"]),
            ("data/.*/x.csv", ["data/.git/x.csv"]),
            (".*.csv", [".hidden.csv"]),
            ("a.csv", ["a.csv"]), ("./data/../a.csv", ["a.csv"]), ("data/none/*.csv", []), ("none/*.csv", []),
        ])
    func finding(pattern: String, files: [String]) throws {
        #expect(try find(pattern) == files)
    }

    @Test("names count from the folders that a pattern leaves its own by")
    func outside() throws {
        #expect(try find("../*.csv", in: "data") == ["B.csv", "[x].csv", "a.csv", "b.csv", "é.csv"])
        #expect(try find("../data/*.csv", in: "data") == ["data/a.csv"])
        #expect(try find("\(folder.url.path)/data/**/*.csv") == ["a.csv", "deep/er/c.csv"])
    }

    @Test("folders that match are counted, not taken")
    func folders() throws {
        let search = try GlobSearch(GlobPattern("folder*"), in: folder.url.path)
        #expect(search.files.isEmpty && search.matchingFolders == 1)
    }

    @Test(
        "a broken pattern says what is wrong",
        arguments: [
            ("[a-", "has '[' without its ']'"), ("x[", "has '[' without its ']'"), ("[]", "has '[' without its ']'"),
            ("[z-a]", "has the empty range 'z-a'"), ("a/", "ends with '/'"), ("*/..", "behind a wildcard"),
            ("", "is empty"), ("..", "names no file"), ("x\\", "ends with a backslash"), (".", "names no file"),
        ])
    func mistakes(pattern: String, fault: String) {
        let error = #expect(throws: GlobPattern.Fault.self) { try GlobPattern(pattern) }
        #expect(error?.message.contains(fault) == true, "\(error?.message ?? "")")
    }

    @Test("links lead to files, not into folders below **; broken ones and pipes are named")
    func links() throws {
        symlink("a.csv", folder.url.path + "/link.csv")
        symlink(".", folder.url.path + "/data/round")
        #expect(try find("link.*") == ["link.csv"])
        #expect(try find("data/**/*.csv") == ["data/a.csv", "data/deep/er/c.csv"])
        symlink("nothing", folder.url.path + "/broken.dat")
        let broken = #expect(throws: FolderListing.Fault.self) { try find("*.dat") }
        #expect(broken?.message == "'broken.dat' can't be read: No such file or directory")
        mkfifo(folder.url.path + "/pipe.fifo", 0o600)
        let pipe = #expect(throws: FolderListing.Fault.self) { try find("*.fifo") }
        #expect(pipe?.message == "'pipe.fifo' is a pipe; expected ordinary files")
    }

    @Test("many stars cost no more than a few", .timeLimit(.minutes(1)))
    func manyStars() throws {
        let name = String(repeating: "a", count: 250)
        let pattern = try GlobPattern(String(repeating: "*a", count: 100) + "b")
        guard case .pattern(let tokens)? = pattern.parts.first else { throw CancellationError() }
        #expect(!GlobPattern.matches(name, tokens))
        #expect(GlobPattern.matches(name + "b", tokens))
    }

    @Test("a store isn't looked into")
    func stores() throws {
        let workshop = try Workshop()
        _ = try workshop.store.put(Data("x".utf8))
        let search = try GlobSearch(GlobPattern("**"), in: workshop.folder.url.path)
        #expect(search.files.isEmpty)
    }
}
