import Artifacts
import Foundation
import Testing

/// Export and import, and what a hostile archive may try.
struct ArchiveTests {
    let source: TemporaryStore
    let target: TemporaryStore
    let archive: URL
    let first: ExecutionRecord
    let second: ExecutionRecord
    /// What the archive was made of.
    let contents: ArchiveContents

    init() throws {
        source = try TemporaryStore(inMemory: true)
        target = try TemporaryStore(inMemory: true)
        archive = source.root.appendingPathComponent("runs/a.tar")
        first = try source.publish(kind: "data.make", seed: 1).record
        second = try source.publish(kind: "model.train", seed: 2, inputs: Array(first.outputs.values)).record
        var contents = ArchiveContents()
        contents.artifacts = Array(second.outputs.values)
        contents.executions = [first.key: first, second.key: second]
        contents.stages = [first.key: "data", second.key: "model"]
        contents.included = Set(Array(first.outputs.values) + second.outputs.values)
        self.contents = contents
        _ = try source.store.export(contents, to: archive)
    }

    private func take(limit: Int = 1 << 30) throws -> ImportedArchive {
        try target.store.importArchive(archive, limit: limit)
    }

    /// Imports what must be refused; nothing of it may be seen afterwards.
    private func refusal(_ comment: String = "", limit: Int = 1 << 30) -> StoreError? {
        let error = storeError { _ = try take(limit: limit) }
        #expect(error != nil, "\(comment) was imported")
        #expect(error?.message.contains(archive.path) == true, "\(comment): \(error?.message ?? "")")
        #expect(error?.message.contains("tmp") != true, "\(comment): \(error?.message ?? "")")
        #expect((try? target.store.objectDigests()) == [], "\(comment)")
        #expect((try? target.store.executionKeys()) == [], "\(comment)")
        #expect(target.temporaryFiles == [], "\(comment)")
        return error
    }

    @Test("what was exported is imported: blobs, records, names; again, nothing is new")
    func roundTrip() throws {
        let imported = try take()
        #expect(imported.objects == 4 && Set(imported.executions) == [first, second] && imported.history.isEmpty)
        #expect(imported.index.executions == [first.key: "data", second.key: "model"])
        #expect(try target.store.objectDigests() == source.store.objectDigests())
        #expect(try target.store.readExecution(second.key) == second)
        #expect(try target.store.verify().isSound)
        let again = try take()
        #expect(again.objects == 0 && again.executions.isEmpty && again.disagreeing.isEmpty)
    }

    @Test("a stage's name that no pipeline could have is left out, so that what was exported is imported")
    func foreignNames() throws {
        var contents = contents
        contents.stages = [first.key: "data[x=a\u{202E}b]", second.key: String(repeating: "n", count: 1001)]
        _ = try source.store.export(contents, to: archive)
        #expect(try take().index.executions == [first.key: nil, second.key: nil])
    }

    @Test("a pinned run's metrics travel; where they aren't those of the records, the archive is refused")
    func baseline() throws {
        var contents = contents
        let stage = RunBaseline.Stage(key: second.key, result: second.result, metrics: second.metrics)
        contents.baseline = RunBaseline(
            run: "r", pipeline: "p", startedAt: 1.5, stages: ["model": stage], pin: "best", note: "a note")
        _ = try source.store.export(contents, to: archive)
        #expect(try take().index.baseline == contents.baseline)
        // Of a result that the key had before, there is nothing to hold them against.
        contents.baseline?.stages["model"]?.result = ResultDigest(hex: "0123456789ab")
        contents.baseline?.stages["model"]?.metrics = ["loss": 0.1]
        _ = try source.store.export(contents, to: archive)
        #expect(try take().index.baseline == contents.baseline)
        contents.baseline?.stages["model"]?.result = second.result
        _ = try source.store.export(contents, to: archive)
        #expect(storeError { _ = try take() }?.message.contains("other metrics of model") == true)
    }

    @Test("records with values of variables in clear, as earlier versions exported them, aren't taken; the results are")
    func clearVariables() throws {
        var contents = contents
        guard case .object(var document) = second.keyDocument else { throw StoreError(.damaged, "no document") }
        document["environment"] = .object([
            "TOKEN": .string("tok-OLD"), "SEALED": .string("hmac-sha256:\(first.key.hex)"), "UNSET": .null,
        ])
        var clear = second
        clear.keyDocument = .object(document)
        clear.key = Digest(of: clear.keyDocument.canonicalBytes)
        contents.executions = [first.key: first, clear.key: clear]
        contents.stages = [first.key: "data", clear.key: "model"]
        _ = try source.store.export(contents, to: archive)
        let imported = try take()
        #expect(imported.withheld == [clear.key: ["TOKEN"]] && imported.executions == [first])
        #expect(try target.store.executionKeys() == [first.key])
        #expect(contents.included.allSatisfy(target.store.isComplete))
        #expect(try target.store.verify().isSound)
    }

    @Test("more than an import takes isn't exported")
    func tooMuch() throws {
        var contents = contents
        for seed in 0..<5 {
            let document = JSONValue.object([
                "kind": .string("data.make"), "version": .int(1), "in": .object([:]),
                "with": .object(["seed": .int(seed), "text": .string(String(repeating: "x", count: 54 << 20))]),
            ])
            let record = ExecutionRecord(
                key: Digest(of: Data(document.canonical.utf8)), keyDocument: document, outputs: [:], metrics: [:],
                startedAt: 0, seconds: 0, cpuSeconds: 0, peakMemoryBytes: 0, environment: [:])
            contents.history[record.key] = record
        }
        try FileManager.default.removeItem(at: archive)
        let error = storeError { _ = try source.store.export(contents, to: archive) }
        #expect(error?.message.contains("execution records would have") == true)
        #expect(!FileManager.default.fileExists(atPath: archive.path))
    }

    /// The record of a check of `second`'s output.
    private var check: ExecutionRecord {
        var record = source.record(kind: "check", seed: 3, inputs: Array(second.outputs.values), output: first.key)
        record.outputs = [:]
        return record
    }

    @Test("an archive is for executions without outputs, too, and may be for nothing else")
    func withoutOutputs() throws {
        var contents = contents
        contents.executions[check.key] = check
        for artifacts in [contents.artifacts, []] {
            contents.artifacts = artifacts
            _ = try source.store.export(contents, to: archive)
            let target = try TemporaryStore(inMemory: true)
            let imported = try target.store.importArchive(archive, limit: 1 << 30)
            #expect(imported.index.withoutOutputs == [check.key] && imported.index.artifacts == artifacts)
            #expect(imported.index.firstSubject == artifacts.first ?? check.key)
            #expect(Set(imported.executions) == [first, second, check])
            #expect(try target.store.readExecution(check.key) == check && target.store.verify().isSound)
            #expect(try target.store.imports().map(\.withoutOutputs) == [[check.key]])
        }
        // Alone, without what it read.
        contents.executions = [check.key: check]
        contents.included = []
        contents.leftOut = Set(second.outputs.values)
        _ = try source.store.export(contents, to: archive)
        #expect(try take().executions == [check])
    }

    @Test("what leads neither to the artifacts nor to an execution without outputs is refused beside one")
    func foreignBesideCheck() throws {
        var contents = contents
        var check = source.record(kind: "check", seed: 4, output: first.key)
        check.outputs = [:]
        contents.executions[check.key] = check
        contents.artifacts = []
        _ = try source.store.export(contents, to: archive)
        #expect(refusal()?.message.contains("has nothing to do with what it is for") == true)
    }

    @Test("any tar program lists and unpacks it")
    func tar() throws {
        let names = try HandmadeTar(reading: archive).members.map(\.name)
        let object = try #require(source.store.objectDigests().first)
        #expect(names.first == "calm-archive.json" && names.count == 7)
        #expect(names.contains("objects/\(object.hex.prefix(2))/\(object.hex.dropFirst(2))"))
        #expect(names.contains("executions/\(first.key.hex.prefix(2))/\(first.key.hex.dropFirst(2)).json"))
    }

    @Test("cut anywhere, it is refused and changes nothing")
    func truncated() throws {
        let bytes = try Data(contentsOf: archive)
        for length in Array(stride(from: 0, to: bytes.count, by: 211)) + [bytes.count - 512, bytes.count - 1] {
            try bytes.prefix(length).write(to: archive)
            #expect([.damaged, .hostile].contains(refusal("\(length) of \(bytes.count) bytes")?.code))
        }
    }

    @Test("any changed byte is found")
    func changed() throws {
        let bytes = try Data(contentsOf: archive)
        for offset in stride(from: 0, to: bytes.count, by: 37) {
            var damaged = bytes
            damaged[offset] ^= 1 << (offset % 8)
            try damaged.write(to: archive)
            _ = refusal("byte \(offset) of \(bytes.count)")
        }
    }

    @Test(
        "names that lead elsewhere are refused",
        arguments: [
            "../../evil", "/etc/evil", "objects/../evil", "objects/ab/../../evil", "executions/ab/x.json", "format",
            "objects/AB/" + String(repeating: "c", count: 62), "catalogue.sqlite", "./calm-archive.json",
        ])
    func names(_ name: String) throws {
        var tar = try HandmadeTar(reading: archive)
        tar.members.append(.init(name: name, content: [1, 2, 3]))
        try tar.write(to: archive)
        #expect(refusal(name)?.code == .hostile)
        tar.members.removeLast()
        tar.members[1].name = name
        try tar.write(to: archive)
        #expect(refusal(name)?.code == .hostile)
    }

    @Test("links, folders and devices are refused", arguments: ["1", "2", "3", "4", "5", "6", "7", "x", "g", "L", "S"])
    func types(_ type: Character) throws {
        var tar = try HandmadeTar(reading: archive)
        let object = try #require(tar.index("objects/"))
        tar.members[object].type = type
        tar.members[object].link = "/etc/passwd"
        try tar.write(to: archive)
        let error = refusal("type \(type)")
        #expect(error?.code == .hostile)
        if type == "2" { #expect(error?.message.contains("a symbolic link") == true) }
        tar.members[object].type = "0"
        try tar.write(to: archive)
        #expect(refusal("a link's name")?.code == .hostile)
    }

    @Test("what stands there twice, or is missing, or nothing needs, is refused")
    func closed() throws {
        let sound = try HandmadeTar(reading: archive)
        for index in sound.members.indices {
            var tar = sound
            tar.members.append(tar.members[index])
            try tar.write(to: archive)
            #expect(refusal("\(tar.members[index].name) twice")?.code == .hostile)
            tar = sound
            tar.members.remove(at: index)
            try tar.write(to: archive)
            _ = refusal("without \(sound.members[index].name)")
        }
        var tar = sound
        tar.end += [UInt8](repeating: 7, count: 512)
        try tar.write(to: archive)
        #expect(refusal("more after the end")?.code == .hostile)
    }

    @Test("impossible sizes are refused before anything is read")
    func sizes() throws {
        let sound = try HandmadeTar(reading: archive)
        for size in [1 << 32, (1 << 33) - 1, 0, 1] {
            for name in ["calm-archive.json", "executions/", "objects/"] {
                var tar = sound
                tar.members[try #require(tar.index(name))].claimed = size
                try tar.write(to: archive)
                _ = refusal("\(name) of \(size) bytes")
            }
        }
    }

    @Test("a record that isn't its key's, or of something else, is refused")
    func records() throws {
        let sound = try HandmadeTar(reading: archive)
        let places = sound.members.indices.filter { sound.members[$0].name.hasPrefix("executions/") }
        var tar = sound
        (tar.members[places[0]].content, tar.members[places[1]].content) = (
            tar.members[places[1]].content, tar.members[places[0]].content
        )
        try tar.write(to: archive)
        #expect(refusal("records in each other's place")?.code == .hostile)

        var record = second
        record.outputs = ["model": Digest(of: Data("foreign".utf8))]
        tar = sound
        let name = "executions/\(second.key.hex.prefix(2))/\(second.key.hex.dropFirst(2)).json"
        let place = try #require(sound.members.firstIndex { $0.name == name })
        tar.members[place].content = Array(record.json.canonical.utf8)
        try tar.write(to: archive)
        #expect(refusal("a foreign output")?.code == .hostile)

        record = second
        record.metrics["accuracy"] = 1
        tar.members[place].content = Array(record.json.canonical.utf8.dropLast(2)) + Array("}}".utf8)
        try tar.write(to: archive)
        #expect(refusal("a broken checksum")?.code == .damaged)
    }

    @Test("an execution whose input nobody knows is refused")
    func foreignInput() throws {
        let other = try source.publish(kind: "model.train", seed: 3, inputs: [Digest(of: Data("nowhere".utf8))]).record
        var contents = ArchiveContents()
        contents.artifacts = Array(other.outputs.values)
        contents.executions = [other.key: other]
        contents.included = Set(other.outputs.values)
        _ = try source.store.export(contents, to: archive)
        #expect(refusal("a foreign input")?.message.contains("neither it nor the store knows") == true)
        contents.leftOut = [Digest(of: Data("nowhere".utf8))]
        _ = try source.store.export(contents, to: archive)
        #expect(try take().executions == [other])
    }

    @Test("records and blobs that have nothing to do with it are refused")
    func unconnected() throws {
        let other = try source.publish(kind: "other", seed: 4).record
        var contents = ArchiveContents()
        contents.artifacts = Array(second.outputs.values)
        contents.executions = [first.key: first, second.key: second]
        contents.included = Set(Array(first.outputs.values) + second.outputs.values)
        contents.executions[other.key] = other
        contents.included.formUnion(other.outputs.values)
        _ = try source.store.export(contents, to: archive)
        #expect(refusal("another execution")?.message.contains("nothing to do") == true)
        contents.executions[other.key] = nil
        _ = try source.store.export(contents, to: archive)
        #expect(refusal("another artifact")?.message.contains("needs its blob") == true)
    }

    @Test("blobs that expand beyond the limit are refused soon")
    func bomb() throws {
        // 8 GiB of zeros in 32 MiB, in place of a blob.
        for size in [nil, 8 << 30 as UInt64] {
            let frame = HandmadeFrame.zeros(blocks: 2048, contentSize: size)
            let digest = try #require(second.outputs.values.first)
            try source.overwrite(digest, with: frame)
            var tar = try HandmadeTar(reading: archive)
            let name = "objects/\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))"
            tar.members[try #require(tar.index(name))].content = frame
            try tar.write(to: archive)
            // The index says another size.
            #expect(refusal("bomb")?.code == .damaged)
            var text = String(decoding: tar.members[0].content, as: UTF8.self)
            text = text.replacing(/"\#(digest.hex)":\d+/, with: #""\#(digest.hex)":\#(frame.count)"#)
            text = text.replacing(/"checksum":"[0-9a-f]+",/, with: "")
            let sum = Digest(of: Data(text.utf8)).hex
            // In canonical order.
            text = text.replacing(#""calm":"archive","#, with: #""calm":"archive","checksum":"\#(sum)","#)
            tar.members[0].content = Array(text.utf8)
            try tar.write(to: archive)
            let duration = ContinuousClock().measure {
                let error = refusal("bomb of \(size ?? 0)", limit: 64 << 20)
                #expect([.hostile, .damaged].contains(error?.code), "\(error?.message ?? "")")
                #expect(error?.message.contains("checksum") == false, "\(error?.message ?? "")")
            }
            #expect(duration < .seconds(20), "\(duration)")
        }
    }

    @Test("a damaged blob isn't exported")
    func damagedSource() throws {
        let digest = try #require(first.outputs.values.first)
        try source.overwrite(digest, with: HandmadeFrame.stored([1, 2, 3], contentSize: 3))
        var contents = ArchiveContents()
        contents.artifacts = [digest]
        contents.included = [digest]
        let before = try Data(contentsOf: archive)
        #expect(storeError { _ = try source.store.export(contents, to: archive) }?.code == .damaged)
        #expect(try Data(contentsOf: archive) == before)
    }

    @Test("the store keeps its own result where the archive has another")
    func disagreement() throws {
        let member = try target.store.put(Data("own".utf8))
        var own = second
        own.outputs = ["model": try target.store.put(Manifest(type: .model, members: ["weights.bin": member]))]
        try target.store.publish(own)
        let imported = try take()
        #expect(imported.disagreeing == [second.key] && imported.executions == [first])
        #expect(try target.store.readExecution(second.key) == own)
    }

    @Test("an archive of a newer format is refused with the way out")
    func newer() throws {
        var tar = try HandmadeTar(reading: archive)
        let text = String(decoding: tar.members[0].content, as: UTF8.self).replacing(
            #""format":1"#, with: #""format":5"#)
        tar.members[0].content = Array(text.utf8)
        try tar.write(to: archive)
        let error = refusal("newer")
        #expect(error?.code == .newerFormat && error?.message.contains("use a newer calm") == true)
    }

    @Test("what is no archive is refused", arguments: ["", "hello", String(repeating: "\0", count: 1024)])
    func foreign(_ text: String) throws {
        try Data(text.utf8).write(to: archive)
        #expect([.hostile, .damaged].contains(refusal(text)?.code))
    }
}
