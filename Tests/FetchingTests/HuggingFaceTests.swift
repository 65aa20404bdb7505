import Artifacts
import Fetching
import Foundation
import LoopbackServing
import Testing

@Suite("The Hugging Face hub") struct HuggingFaceTests {
    private let workshop: FetchingWorkshop

    init() throws { workshop = try FetchingWorkshop() }

    private var home: String { workshop.folder.path }
    private static let commit = String(repeating: "0f", count: 20)

    @Test("endpoint, token and cache come from the variables of its library")
    func settings() throws {
        var found = HuggingFaceSettings(environment: ["HOME": home])
        #expect(found.endpoint == "https://huggingface.co" && found.token == nil && !found.isOffline)
        #expect(found.cache?.path == "\(home)/.cache/huggingface/hub")
        try workshop.write("  hf_file\n", to: "hf/token")
        found = HuggingFaceSettings(environment: [
            "HF_HOME": "\(home)/hf", "HF_ENDPOINT": "http://hub/", "HF_HUB_OFFLINE": "1",
        ])
        #expect(found.endpoint == "http://hub" && found.token == "hf_file" && found.isOffline)
        #expect(found.cache?.path == "\(home)/hf/hub")
        let environment = ["HF_HOME": "\(home)/hf", "HF_TOKEN": "hf_own", "HF_HUB_CACHE": "\(home)/c"]
        found = HuggingFaceSettings(environment: environment)
        #expect(found.token == "hf_own" && found.cache?.path == "\(home)/c")
        let implicit = ["HF_HOME": "\(home)/hf", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"]
        #expect(HuggingFaceSettings(environment: implicit).token == nil)
        #expect(HuggingFaceSettings(environment: ["HF_TOKEN": "a\r\nHost: b"]).token == nil)
    }

    @Test(
        "names that no repository or revision can have are refused",
        arguments: [
            ("", "main"), ("a/b/c", "main"), ("../b", "main"), ("a/..", "main"), ("a b/c", "main"), ("a/b", ""),
            ("a/b", "x/../y"),
        ])
    func names(name: String, revision: String) {
        #expect(throws: FetchFailure.self) { try HuggingFaceRepository(name, revision: revision) }
    }

    private func hub(_ server: LoopbackServer) -> HuggingFaceHub {
        HuggingFaceHub(
            HTTPClient(workshop.settings()),
            settings: HuggingFaceSettings(environment: ["HF_ENDPOINT": server.origin, "HF_TOKEN": "hf_secret"]),
            retries: workshop.retries, observer: workshop.observer)
    }

    @Test("all pages of a listing are read, with the token")
    func listing() throws {
        let digest = Digest(of: [1])
        let server = try LoopbackServer { request in
            request.path.contains("cursor")
                ? .init(Array("[{\"type\": \"file\", \"path\": \"a/b.json\", \"size\": 2, \"oid\": \"x\"}]".utf8))
                : .init(
                    Array(
                        """
                        [{"type": "directory", "path": "a"}, {"type": "file", "path": "m.safetensors", "size": 9,
                        "lfs": {"oid": "\(digest)", "size": 9}}]
                        """.utf8), fields: [("Link", "</api/next?cursor=2>; rel=\"next\"")])
        }
        defer { server.stop() }
        let files = try hub(server).files(of: HuggingFaceRepository("org/name", revision: "refs/pr/1"))
        #expect(files.map(\.path) == ["a/b.json", "m.safetensors"])
        #expect(files.map(\.digest) == [nil, digest] && files.map(\.size) == [2, 9])
        #expect(
            server.requests.map(\.path)
                == ["/api/models/org/name/tree/refs%2Fpr%2F1?recursive=true", "/api/next?cursor=2"])
        #expect(server.requests.allSatisfy { $0.fields["authorization"] == "Bearer hf_secret" })
    }

    @Test("a listing whose names leave the repository is refused", arguments: ["../x", "/etc/x", "a/../../x", "a//b"])
    func hostileListing(path: String) throws {
        let server = try LoopbackServer { _ in
            .init(Array("[{\"type\": \"file\", \"path\": \"\(path)\", \"size\": 1}]".utf8))
        }
        defer { server.stop() }
        let failure = #expect(throws: FetchFailure.self) {
            try hub(server).files(of: HuggingFaceRepository("org/name", revision: "main"))
        }
        #expect(failure?.description.contains("lists the file '\(path)'") == true, "\(failure as Any)")
    }

    @Test("a page that isn't a listing is an error", arguments: ["", "{}", "<html>", "[1]", "[{\"type\": 1}]"])
    func notAListing(text: String) throws {
        let server = try LoopbackServer { _ in .init(Array(text.utf8)) }
        defer { server.stop() }
        #expect(throws: FetchFailure.self) {
            try hub(server).files(of: HuggingFaceRepository("org/name", revision: "main"))
        }
    }

    @Test("the local cache is read by commit, and by branch through its reference")
    func cache() throws {
        try workshop.write("{}", to: "models--org--name/snapshots/\(Self.commit)/a/config.json")
        try workshop.write(Self.commit, to: "models--org--name/refs/main")
        try workshop.write("../../..", to: "models--org--name/refs/evil")
        let cache = HuggingFaceCache(workshop.folder)
        for revision in ["main", Self.commit] {
            let repository = try HuggingFaceRepository("org/name", revision: revision)
            #expect(cache.file("a/config.json", of: repository) != nil)
            #expect(cache.file("b.json", of: repository) == nil && cache.file("a", of: repository) == nil)
            #expect(cache.files(of: repository) == ["a/config.json"])
        }
        #expect(cache.snapshot(of: try HuggingFaceRepository("org/name", revision: "evil")) == nil)
        #expect(cache.snapshot(of: try HuggingFaceRepository("org/other", revision: "main")) == nil)
    }
}
