import Artifacts
import Foundation
import Testing

struct ManifestTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    @Test("a manifest comes back, and its digest depends on nothing but its content")
    func roundTrip() throws {
        let member = try store.put(Data("weights".utf8))
        let manifest = Manifest(
            type: .model, members: ["weights.safetensors": member, "nested/config.json": member],
            metadata: ["scale": .double(1), "count": .int(1), "note": .string("é")])
        let digest = try store.put(manifest)
        #expect(try store.manifest(digest) == manifest)
        // The text is a format: stores written earlier must keep their digests.
        let hex = member.digest.hex
        let text =
            #"{"format":1,"members":{"nested/config.json":{"digest":"\#(hex)","size":7},"#
            + #""weights.safetensors":{"digest":"\#(hex)","size":7}},"#
            + #""metadata":{"count":1,"note":"é","scale":1.0},"type":"model"}"#
        #expect(String(decoding: try store.data(digest), as: UTF8.self) == text)
    }

    static let badNames = [
        "", "/etc/passwd", "..", "../x", "a/../b", "a//b", "a/", "./a", ".", "a\nb", "a\u{0}b", "a\u{202E}b", "a\\b",
        "a\u{7F}", String(repeating: "n", count: 256), String(repeating: "n/", count: 600) + "n",
    ]

    @Test("a member name that leaves its folder or hides something is refused", arguments: badNames)
    func memberNames(name: String) throws {
        let member = Manifest.Member(digest: Digest(of: Data()), size: 0)
        let manifest = Manifest(type: .file, members: [name: member])
        #expect(storeError { _ = try store.put(manifest) }?.code == .hostile)
        // Somebody else may have written it all the same.
        let digest = try store.put(Data(manifest.json.canonical.utf8)).digest
        #expect(storeError { _ = try store.manifest(digest) }?.code == .hostile)
        #expect(!store.isComplete(digest))
    }

    @Test("ordinary member names pass", arguments: ["a", "weights.safetensors", "a/b/c.json", "..a", "é.txt", "a b"])
    func goodNames(name: String) throws {
        let manifest = Manifest(type: .file, members: [name: try store.put(Data())])
        #expect(try store.manifest(store.put(manifest)) == manifest)
    }

    @Test("a name that is both a file and a folder is refused")
    func fileAndFolder() throws {
        let member = try store.put(Data())
        let manifest = Manifest(type: .file, members: ["a": member, "a/b/c": member])
        #expect(storeError { _ = try store.put(manifest) }?.message.contains("is a file and the folder of") == true)
    }

    @Test(
        "a blob that is not a valid manifest is refused",
        arguments: [
            "", "[]", "{}", "not json", #"{"format":1,"members":{},"metadata":{},"type":"model","more":1}"#,
            #"{"format":1,"members":{},"metadata":{},"type":""}"#,
            #"{"format":1,"members":[],"metadata":{},"type":"a"}"#,
            #"{"format":1,"members":{},"metadata":{},"type":"a b"}"#,
            #"{"format":1,"members":{"a":{"digest":"00","size":1}},"metadata":{},"type":"a"}"#,
            #"{"format":1,"members":{"a":{"digest":"\#(String(repeating: "0", count: 64))","size":-1}},"metadata":{},"type":"a"}"#,
            #"{"format":1,"members":{"a":{"digest":"\#(String(repeating: "0", count: 64))","size":1e99}},"metadata":{},"type":"a"}"#,
        ])
    func unsound(text: String) throws {
        let digest = try store.put(Data(text.utf8)).digest
        let error = storeError { _ = try store.manifest(digest) }
        #expect(error?.code == .hostile)
        #expect(error?.message.contains(digest.hex) == true)
    }

    @Test("a manifest of a newer format says so")
    func newerFormat() throws {
        let digest = try store.put(Data(#"{"format":3,"members":{},"metadata":{},"type":"model"}"#.utf8)).digest
        #expect(storeError { _ = try store.manifest(digest) }?.code == .newerFormat)
    }

    @Test("a number that isn't finite is refused, not a crash")
    func notFinite() {
        let manifest = Manifest(type: .model, metadata: ["loss": .array([.double(.nan)])])
        #expect(storeError { _ = try store.put(manifest) }?.code == .hostile)
    }

    @Test("an artifact is complete while its manifest and all its members are there")
    func completeness() throws {
        let members = ["a": try store.put(Data("a".utf8)), "b": try store.put(Data("b".utf8))]
        let digest = try store.put(Manifest(type: .dataset, members: members))
        #expect(store.isComplete(digest))
        try store.remove(object: members["b"]?.digest ?? digest)
        #expect(!store.isComplete(digest))
    }
}
