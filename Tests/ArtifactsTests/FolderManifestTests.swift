import Artifacts
import Foundation
import Testing

@Suite("Manifests of folders") struct FolderManifestTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    private func link(to target: String) throws -> Manifest.Member {
        try store.put(Data(target.utf8)).with(kind: .link(target: target))
    }

    @Test("executables, links and empty folders come back, in a format of their own")
    func roundTrip() throws {
        let file = try store.put(Data("#!/bin/sh\n".utf8))
        let manifest = Manifest(
            type: .folder,
            members: [
                "bin/run": file.with(kind: .executable), "plain": file, "bin/link": try link(to: "run"),
                "empty": try store.put(Data()).with(kind: .folder),
            ])
        let digest = try store.put(manifest)
        #expect(try store.manifest(digest) == manifest)
        let text = String(decoding: try store.data(digest), as: UTF8.self)
        #expect(text.contains(#""format":2"#) && text.contains(#""kind":"executable""#))
        #expect(text.contains(#""plain":{"digest":"\#(file.digest)","size":10}"#))
        #expect(store.isComplete(digest))
    }

    @Test("plain files alone keep the format that all stores have")
    func plainFormat() throws {
        let digest = try store.put(Manifest(type: .folder, members: ["a": store.put(Data())]))
        #expect(String(decoding: try store.data(digest), as: UTF8.self).contains(#""format":1"#))
    }

    @Test("a folder is restored with modes, links and empty folders, though it is restored under another umask")
    func restoring() throws {
        let file = try store.put(Data("x".utf8))
        let manifest = Manifest(
            type: .folder,
            members: [
                "a/run": file.with(kind: .executable), "a/plain": file, "up": try link(to: "a/../a/plain"),
                "a/self": try link(to: ".."), "dangling": try link(to: "a/nothing"),
                "e/m/p": try store.put(Data()).with(kind: .folder),
            ])
        let place = temporary.root.appendingPathComponent("restored")
        try store.restore(try store.manifest(store.put(manifest)), to: place)
        func mode(_ name: String) -> Any? {
            try? FileManager.default.attributesOfItem(atPath: place.path + "/" + name)[.posixPermissions]
        }
        #expect(mode("a/run") as? Int == 0o755)
        #expect(mode("a/plain") as? Int == 0o644)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: place.path + "/up") == "a/../a/plain")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: place.path + "/dangling") == "a/nothing")
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path + "/e/m/p").isEmpty)
        #expect(try String(contentsOfFile: place.path + "/a/self/up", encoding: .utf8) == "x")
    }

    @Test(
        "a link that leads out of its folder is refused, also by way of others",
        arguments: [
            ["l": "/etc/passwd"], ["l": ".."], ["a/l": "../../x"], ["l": "a/../../x"], ["l": ""],
            // `d/up` is the folder itself, so that `d/up/..` is its parent, whatever the texts look like.
            ["d/up": "..", "l": "d/up/../x"], ["a": "b", "b": "c/../..", "l": "a"],
            ["l": String(repeating: "a/", count: 2100)],
        ])
    func escapes(links: [String: String]) throws {
        let manifest = Manifest(type: .folder, members: try links.mapValues { try link(to: $0) })
        let error = storeError { _ = try store.put(manifest) }
        #expect(error?.code == .hostile && error?.message.contains("link") == true, "\(links)")
        let digest = try store.put(Data(manifest.json.canonicalBytes)).digest
        #expect(storeError { _ = try store.manifest(digest) }?.code == .hostile)
    }

    @Test(
        "links that stay inside pass, even in a circle",
        arguments: [
            ["l": "."], ["a/l": ".."], ["a/l": "../b/c"], ["l": "l"], ["a": "b", "b": "a"], ["a/b/l": "./../.."],
        ])
    func inside(links: [String: String]) throws {
        #expect(throws: Never.self) {
            try store.manifest(store.put(Manifest(type: .folder, members: links.mapValues { try link(to: $0) })))
        }
    }

    @Test("links made to waste time are refused at once, and what they take isn't more for each other link")
    func longWalks() throws {
        let detour = String(repeating: "d/../", count: 800)
        var links = ["d/x": ".", "detour": detour + "d", "next": "detour/y"]
        for number in 0..<5_000 { links["l\(number)"] = "detour" }
        let found = FolderLinks(links)
        let start = ContinuousClock.now
        for path in links.keys { #expect((found.fault(of: path) == nil) == (path == "d/x")) }
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(found.fault(of: "next") == "is a link that leads through more than 1000 names")
        let straight = FolderLinks(["l": String(repeating: "d/", count: 900), "a/b": "../l", "a/c": "b/../e"])
        #expect(straight.fault(of: "l") == nil && straight.fault(of: "a/b") == nil)
        #expect(straight.resolved("a/c") == String(repeating: "d/", count: 899) + "e")
    }

    @Test("nothing stands behind a link or an empty folder")
    func behindLinks() throws {
        let file = try store.put(Data("x".utf8))
        let parents = [try link(to: "b"), try store.put(Data()).with(kind: .folder)]
        for parent in parents {
            let manifest = Manifest(type: .folder, members: ["a": parent, "a/x": file])
            #expect(storeError { _ = try store.put(manifest) }?.code == .hostile)
        }
    }

    @Test("a link's blob is its target, an empty folder's is empty")
    func blobs() throws {
        let file = try store.put(Data("x".utf8))
        for kind in [Manifest.Member.Kind.link(target: "y"), .folder] {
            let manifest = Manifest(type: .folder, members: ["a": file.with(kind: kind)])
            #expect(storeError { _ = try store.put(manifest) }?.code == .hostile)
        }
    }

    @Test(
        "a member that says more than its kind, or an unknown one, is refused",
        arguments: [
            #""kind":"device""#, #""kind":"link""#, #""kind":"executable","target":"x""#, #""target":"x""#,
            #""kind":1"#,
            #""mode":493"#,
        ])
    func unknownKinds(fields: String) throws {
        let digest = Digest(of: []).hex
        let text =
            #"{"format":2,"members":{"a":{"digest":"\#(digest)","size":0,\#(fields)}},"metadata":{},"type":"folder"}"#
        let manifest = try store.put(Data(text.utf8)).digest
        #expect(storeError { _ = try store.manifest(manifest) }?.code == .hostile)
    }

    @Test("a member is found through links, and never outside")
    func lookup() throws {
        let file = try store.put(Data("x".utf8))
        let manifest = Manifest(
            type: .folder, members: ["a/x": file, "b": try link(to: "a"), "c": try link(to: "c")])
        #expect(manifest.member(at: "b/x")?.name == "a/x")
        #expect(manifest.member(at: "b/../a/./x")?.name == "a/x")
        #expect(manifest.member(at: "../a/x") == nil)
        #expect(manifest.member(at: "c") == nil)
        #expect(manifest.member(at: "b") == nil)
    }
}
