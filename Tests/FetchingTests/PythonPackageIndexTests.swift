import Artifacts
import Fetching
import Foundation
import LoopbackServing
import Testing

/// An index on the loopback interface, in both forms of the simple API.
@Suite("Python packages") struct PythonPackageIndexTests {
    private let workshop: FetchingWorkshop
    private static let wheel = pattern(5000)
    private static let digest = Digest(of: wheel)

    init() throws { workshop = try FetchingWorkshop() }

    private func index(_ environment: [String: String]) -> PythonPackageIndex {
        PythonPackageIndex(
            workshop.settings(),
            configuration: PipConfiguration(environment: environment, systemFolder: workshop.folder.path),
            pip: PipProgram(environment: environment), retries: workshop.retries, observer: workshop.observer)
    }

    private func wheel(
        _ index: PythonPackageIndex, _ package: String = "Tiny_Model", version: String = "1.0", fileName: String = ""
    ) throws -> PythonPackageIndex.Wheel {
        try index.wheel(of: package, version: version, fileName: fileName, into: workshop.folder)
    }

    enum Form: CaseIterable { case json, html }

    private static func answer(
        _ form: Form, _ links: [(name: String, url: String, digest: Digest?)]
    ) -> LoopbackServer.Answer {
        switch form {
        case .json:
            let files = links.map { link in
                let hashes = link.digest.map { "\"sha256\": \"\($0)\"" } ?? ""
                return
                    "{\"filename\": \"\(link.name)\", \"url\": \"\(link.url)\", \"hashes\": {\(hashes)}, \"yanked\": false}"
            }
            let text =
                "{\"meta\": {\"api-version\": \"1.0\"}, \"name\": \"x\", \"files\": [\(files.joined(separator: ","))]}"
            return .init(Array(text.utf8), fields: [("Content-Type", "application/vnd.pypi.simple.v1+json")])
        case .html:
            let anchors = links.map { link in
                let fragment = link.digest.map { "#sha256=\($0)" } ?? ""
                return "<A class=x\n href='\(link.url)\(fragment)'>\(link.name)</A><br>"
            }
            let text =
                "<!DOCTYPE html><!-- <a href=\"no-1.0-py3-none-any.whl\"> --><html><body>\(anchors.joined())</body></html>"
            return .init(Array(text.utf8), fields: [("Content-Type", "text/html; charset=utf-8")])
        }
    }

    @Test("the wheel of a version is found on the page of the normalised name, and fetched", arguments: Form.allCases)
    func found(form: Form) throws {
        let server = try LoopbackServer { request in
            switch request.path {
            case "/simple/tiny-model/":
                Self.answer(
                    form,
                    [
                        ("tiny_model-0.9-py3-none-any.whl", "/f/tiny_model-0.9-py3-none-any.whl", nil),
                        ("tiny_model-1.0.tar.gz", "/f/tiny_model-1.0.tar.gz", nil),
                        ("tiny_model-1.0-py3-none-any.whl", "../../f/tiny_model-1.0-py3-none-any.whl", Self.digest),
                        ("tiny_model_more-1.0-py3-none-any.whl", "/f/tiny_model_more-1.0-py3-none-any.whl", nil),
                    ])
            case "/f/tiny_model-1.0-py3-none-any.whl": .file(Self.wheel, request)
            default: .init(status: 404)
            }
        }
        defer { server.stop() }
        let index = index(["PIP_INDEX_URL": "\(server.origin)/simple/"])
        let found = try wheel(index)
        #expect(try Data(contentsOf: found.file) == Data(Self.wheel))
        #expect(found.fileName == "tiny_model-1.0-py3-none-any.whl")
        #expect(server.requests[0].fields["accept"]?.hasPrefix("application/vnd.pypi.simple.v1+json") == true)
        let failure = #expect(throws: FetchFailure.self) { try wheel(index, version: "2") }
        #expect(
            failure?.description == "the package 'Tiny_Model' has no wheel of version 2; there are wheels of: 0.9, 1")
    }

    @Test("a wheel that isn't what the index says is an error, and nothing is kept", arguments: Form.allCases)
    func wrongHash(form: Form) throws {
        let server = try LoopbackServer { request in
            request.path.hasPrefix("/simple")
                ? Self.answer(form, [("tiny_model-1.0-py3-none-any.whl", "/w.whl", Digest(of: [1]))])
                : .file(Self.wheel, request)
        }
        defer { server.stop() }
        // In HTML the link's own last part is the name.
        let name = form == .json ? "tiny_model-1.0-py3-none-any.whl" : "w.whl"
        let failure = #expect(throws: FetchFailure.self) {
            try wheel(index(["PIP_INDEX_URL": "\(server.origin)/simple"]))
        }
        #expect(failure?.reason == (form == .json ? .mismatch : .notFound), "\(name): \(failure as Any)")
        #expect(workshop.files.isEmpty)
    }

    @Test("a package that no index has, and an index that is down, are told apart")
    func missing() throws {
        let server = try LoopbackServer { .init(status: $0.path.hasPrefix("/down") ? 503 : 404) }
        defer { server.stop() }
        var failure = #expect(throws: FetchFailure.self) {
            try wheel(index(["PIP_INDEX_URL": "\(server.origin)/simple"]))
        }
        #expect(failure?.reason == .notFound)
        #expect(
            failure?.description.contains("no wheel of a package 'Tiny_Model' was found") == true, "\(failure as Any)")
        failure = #expect(throws: FetchFailure.self) {
            try wheel(
                index(["PIP_INDEX_URL": "\(server.origin)/simple", "PIP_EXTRA_INDEX_URL": "\(server.origin)/down"]))
        }
        #expect(failure?.reason == .transient, "\(failure as Any)")
    }

    @Test("of several wheels the one for all platforms is meant, or one that is named")
    func platforms() throws {
        let names = ["a-1.0-cp311-cp311-linux_x86_64.whl", "a-1.0-cp312-cp312-linux_x86_64.whl"]
        let server = try LoopbackServer { request in
            let names = request.path.hasPrefix("/both") ? names + ["a-1.0-py2.py3-none-any.whl"] : names
            return request.path.hasSuffix("/a/")
                ? Self.answer(.json, names.map { ($0, "/\($0)", nil) }) : .file(Self.wheel, request)
        }
        defer { server.stop() }
        let several = index(["PIP_INDEX_URL": "\(server.origin)/simple"])
        let failure = #expect(throws: FetchFailure.self) { try wheel(several, "a") }
        #expect(failure?.description.contains("name one with the parameter 'wheel'") == true, "\(failure as Any)")
        #expect(try wheel(several, "a", fileName: names[1]).fileName == names[1])
        let both = index(["PIP_INDEX_URL": "\(server.origin)/both"])
        #expect(try wheel(both, "a").fileName == "a-1.0-py2.py3-none-any.whl")
    }

    @Test("where no index is configured, pip is asked for its own")
    func defaultIndex() throws {
        let server = try LoopbackServer { request in
            request.path.hasPrefix("/own/")
                ? Self.answer(.json, [("tiny_model-1.0-py3-none-any.whl", "/w.whl", Self.digest)])
                : .file(Self.wheel, request)
        }
        defer { server.stop() }
        try workshop.writePip("bin/pip", printing: "  -i, --index-url <url>  Base URL (default \(server.origin)/own).")
        _ = try wheel(index(["PATH": "\(workshop.folder.path)/bin"]))
        #expect(server.requests.map(\.path) == ["/own/tiny-model/", "/w.whl"])
        #expect(workshop.lines.contains("no package index is configured: pip's default is used"))
    }

    @Test(
        "without pip and without an index, what find-links has is found, and all else is an error that says what to set"
    )
    func noPip() throws {
        try workshop.write("wheel", to: "links/tiny_model-1.0-py3-none-any.whl")
        let index = index(["PIP_FIND_LINKS": "\(workshop.folder.path)/links", "PATH": workshop.folder.path])
        #expect(try String(contentsOf: wheel(index).file, encoding: .utf8) == "wheel")
        let failure = #expect(throws: FetchFailure.self) { try wheel(index, "other") }
        #expect(failure?.reason == .refused)
        #expect(
            failure?.description == "no package index is configured, and pip could not be asked for its default "
                + "(neither python3 nor pip is in PATH): set PIP_INDEX_URL, or the stage's parameter 'index', to the "
                + "URL of an index")
    }

    @Test("an index may be a folder, by its path or its URL", arguments: ["", "file://"])
    func folder(prefix: String) throws {
        try workshop.write("wheel", to: "index/tiny-model/tiny_model-1.0-py3-none-any.whl")
        try workshop.write(
            "<a href='tiny_model-1.0-py3-none-any.whl'>x</a>", to: "index/tiny-model/index.html")
        let index = index(["PIP_INDEX_URL": "\(prefix)\(workshop.folder.path)/index/"])
        #expect(try String(contentsOf: wheel(index).file, encoding: .utf8) == "wheel")
    }

    @Test("find-links leads to folders and pages, and is looked at first")
    func findLinks() throws {
        try workshop.write("wheel", to: "links/tiny_model-1.0-py3-none-any.whl")
        let server = try LoopbackServer { _ in .init(status: 404) }
        defer { server.stop() }
        let environment = [
            "PIP_FIND_LINKS": workshop.folder.appendingPathComponent("links").path,
            "PIP_INDEX_URL": "\(server.origin)/simple",
        ]
        #expect(try String(contentsOf: wheel(index(environment)).file, encoding: .utf8) == "wheel")
        try workshop.write(
            "<a href=\"links/tiny_model-1.0-py3-none-any.whl#sha256=\(Digest(of: Array("other".utf8)))\">x</a>",
            to: "page.html")
        let page = ["PIP_FIND_LINKS": workshop.folder.appendingPathComponent("page.html").path, "PIP_NO_INDEX": "true"]
        let failure = #expect(throws: FetchFailure.self) { try wheel(index(page)) }
        #expect(failure?.reason == .mismatch, "\(failure as Any)")
    }

    @Test("an index's user and password are sent for its pages and for the files on its host, and to no other")
    func credentials() throws {
        let other = try LoopbackServer { .file(Self.wheel, $0) }
        defer { other.stop() }
        let elsewhere = "\(other.origin)/b-1.0-py3-none-any.whl"
        let server = try LoopbackServer { request in
            switch request.path {
            case "/simple/a/": Self.answer(.json, [("a-1.0-py3-none-any.whl", "/a-1.0-py3-none-any.whl", nil)])
            case "/simple/b/": Self.answer(.json, [("b-1.0-py3-none-any.whl", elsewhere, nil)])
            default: .file(Self.wheel, request)
            }
        }
        defer { server.stop() }
        let index = index(["PIP_INDEX_URL": "http://user:word@127.0.0.1:\(server.port)/simple"])
        _ = try wheel(index, "a")
        _ = try wheel(index, "b")
        let expected = "Basic " + Data("user:word".utf8).base64EncodedString()
        #expect(server.requests.map { $0.fields["authorization"] } == [expected, expected, expected])
        #expect(other.requests.map { $0.fields["authorization"] } == [nil])
    }

    @Test(
        "a page from the web can't lead to files of this machine, nor say that its links start from there",
        arguments: ["json", "html", "base"])
    func localFiles(form: String) throws {
        try workshop.write("wheel", to: "links/tiny_model-1.0-py3-none-any.whl")
        let file = workshop.folder.appendingPathComponent("links/tiny_model-1.0-py3-none-any.whl")
        let server = try LoopbackServer { request in
            guard request.path.hasSuffix("/") else { return .init(status: 404) }
            guard form == "base" else {
                return Self.answer(
                    form == "json" ? .json : .html, [(file.lastPathComponent, file.absoluteString, nil)])
            }
            let folder = file.deletingLastPathComponent().absoluteString
            let page = "<base href='\(folder)'><a href='\(file.lastPathComponent)'>x</a>"
            return .init(Array(page.utf8), fields: [("Content-Type", "text/html")])
        }
        defer { server.stop() }
        let failure = #expect(throws: FetchFailure.self) {
            try wheel(index(["PIP_INDEX_URL": "\(server.origin)/simple"]))
        }
        #expect(failure?.reason == .notFound)
    }
}
