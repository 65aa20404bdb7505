import Foundation
import Testing

/// `calm export` and `calm import` between two stores.
@Suite struct ExportTests {
    private static let pipeline = """
        name: sent
        stages:
          made: { uses: command, in: { f: { file: f.txt } }, with: { argv: [cp, "{in.f}", "{out.x}"], out: { x: x } } }
          twice:
            uses: command
            in: { i: made.x }
            with: { shell: true, argv: ["cat {in.i} {in.i} > {out.y}; echo side > {out.z}"], out: { y: y, z: z } }
          other: { uses: command, with: { shell: true, argv: ["echo other > {out.o}"], out: { o: o } } }
        """

    private func document(_ ending: CalmProcess.Ending) throws -> [String: Any] {
        try #require(ending.exit == 0, "\(ending.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any])
    }

    /// A workspace in which the pipeline ran, and one that has the same pipeline and an archive of `twice`.
    private func sent(_ arguments: String...) throws -> (Workspace, Workspace) {
        let (from, to) = (try Workspace(Self.pipeline), try Workspace(Self.pipeline))
        try from.write("hello\n", to: "f.txt")
        try to.write("hello\n", to: "f.txt")
        #expect(try from.run().exit == 0)
        let archive = to.file("a.tar").path
        #expect(try from.calm(["export", "twice", "--out", archive, "--store", "s"] + arguments).exit == 0)
        return (from, to)
    }

    @Test("a blob that an export finds damaged is set aside, so that the next run makes it anew")
    func damaged() throws {
        let workspace = try Workspace(Self.pipeline)
        try workspace.write("hello\n", to: "f.txt")
        try workspace.run()
        let shown = try #require(try workspace.query("show", "twice.y") as? [String: Any])
        let members = try #require(shown["members"] as? [String: [String: Any]])
        let digest = try #require(members.values.first?["digest"] as? String)
        let object = workspace.object(digest)
        let time = try #require(
            try FileManager.default.attributesOfItem(atPath: object.path)[.modificationDate] as? Date)
        var bytes = try Data(contentsOf: object)
        bytes[bytes.count - 5] ^= 1
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: object.path)
        try bytes.write(to: object)
        // As a disk does it: nothing but reading tells.
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: object.path)
        #expect(try workspace.run().names("executed").isEmpty)
        let ending = try workspace.calm("export", "twice", "--out", "a.tar", "--store", "s")
        #expect(ending.exit == 5 && ending.errors.contains("quarantine/\(digest): run again"), "\(ending)")
        #expect(!FileManager.default.fileExists(atPath: workspace.file("a.tar").path))
        #expect(try workspace.run().names("executed") == ["twice"])
        #expect(try workspace.calm("export", "twice", "--out", "a.tar", "--store", "s").exit == 0)
    }

    @Test("what was imported is cached, shown, pinned, and sound")
    func cached() throws {
        let (_, to) = try sent()
        let imported = try document(to.calm("import", "a.tar", "--store", "s", "--json"))
        #expect(imported["executions"] as? Int == 2)
        let artifacts = try #require(imported["artifacts"] as? [String])
        #expect(artifacts.count == 2)
        let shown = try #require(try to.query("show", artifacts[0]) as? [String: Any])
        let producers = shown["producers"] as? [[String: Any]]
        #expect(producers?.compactMap { $0["stage"] as? String } == ["twice"])
        #expect(try to.query("show", "twice.y") is [String: Any] && to.query("show", "made") is [String: Any])
        #expect(try to.calm("store", "verify", "--store", "s").exit == 0)
        #expect(try to.calm("store", "gc", "--store", "s").exit == 0)
        let run = try to.run()
        #expect(run.states == ["made": "cached", "twice": "cached", "other": "executed"])
        let again = try document(to.calm("import", "a.tar", "--store", "s", "--json"))
        #expect(again["executions"] as? Int == 0 && again["objects"] as? Int == 0)
        #expect(try to.calm("store", "rebuild-catalogue", "--store", "s").exit == 0)
        #expect(try to.run().states["other"] == "cached")
    }

    @Test("without inputs, the records of what came before go with it, and none of their blobs")
    func withoutInputs() throws {
        let (_, to) = try sent("--without-inputs")
        let imported = try document(to.calm("import", "a.tar", "--store", "s", "--json"))
        #expect(imported["executions"] as? Int == 1 && imported["history"] as? Int == 1)
        #expect(try to.calm("store", "verify", "--store", "s").exit == 0)
        #expect(try to.run().states == ["made": "executed", "twice": "cached", "other": "executed"])
    }

    @Test("the same result gives the same bytes")
    func reproducible() throws {
        let (from, to) = try sent()
        #expect(try from.calm("export", "twice", "--store", "s").exit == 0)
        #expect(try Data(contentsOf: from.file("twice.calm.tar")) == Data(contentsOf: to.file("a.tar")))
    }

    @Test("tar lists it", .enabled(if: installed("tar") != nil))
    func tar() throws {
        let (_, to) = try sent()
        let ending = try to.program(try #require(installed("tar")), ["tf", "a.tar"])
        #expect(ending.exit == 0 && ending.errors.isEmpty)
        let names = ending.output.split(separator: "\n")
        #expect(names.first == "calm-archive.json")
        #expect(names.filter { $0.hasPrefix("executions/") }.count == 2)
        #expect(names.filter { $0.hasPrefix("objects/") }.count == 7)
    }

    @Test("what can't be exported or imported is named, and leaves nothing")
    func refused() throws {
        let (from, to) = try sent()
        #expect(try from.calm("export", "nothing", "--store", "s").exit == 2)
        for out in ["no/where.tar", ".", "/dev/null"] {
            #expect(try from.calm("export", "twice", "--store", "s", "--out", out).exit == 2, "\(out)")
        }
        for file in ["nothing.tar", ".", "/dev/null"] {
            #expect(try to.calm("import", file, "--store", "s").exit == 2, "\(file)")
        }
        #expect(!FileManager.default.fileExists(atPath: to.store.path))
        try Data(contentsOf: to.file("a.tar")).dropLast(3000).write(to: to.file("b.tar"))
        let ending = try to.calm("import", "b.tar", "--store", "s")
        #expect(ending.exit == 2 && ending.output.isEmpty && ending.errors.filter { $0 == "\n" }.count == 1)
        for object in try FileManager.default.subpathsOfDirectory(atPath: from.file("s/objects").path)
        where object.count > 60 { try FileManager.default.removeItem(at: from.file("s/objects/\(object)")) }
        #expect(try from.calm("export", "twice", "--store", "s", "--out", "c.tar").exit == 5)
        #expect(!FileManager.default.fileExists(atPath: from.file("c.tar").path))
    }

    @Test("an import that fails takes back the store that it made, and nothing else")
    func takenBack() throws {
        let (_, to) = try sent()
        let files = FileManager.default
        try Data(contentsOf: to.file("a.tar")).dropLast(3000).write(to: to.file("b.tar"))
        #expect(try to.calm("import", "b.tar", "--store", "new/folder/s").exit == 2)
        #expect(!files.fileExists(atPath: to.file("new").path))
        // A folder that was there stays, with what a checkout has in it.
        try files.createDirectory(at: to.store, withIntermediateDirectories: false)
        try to.write("*\n", to: "s/.gitignore")
        #expect(try to.calm("import", "b.tar", "--store", "s").exit == 2)
        #expect(try files.contentsOfDirectory(atPath: to.store.path) == [".gitignore"])
        // A store that was there stays, empty or not.
        #expect(try to.calm("import", "a.tar", "--store", "s").exit == 0)
        #expect(try to.calm("import", "b.tar", "--store", "s").exit == 2)
        #expect(try to.calm("store", "verify", "--store", "s").exit == 0)
        #expect(try to.run().states == ["made": "cached", "twice": "cached", "other": "executed"])
    }

    @Test("stages without outputs travel: cached after the import, in a run with others, alone, and as a pin")
    func withoutOutputs() throws {
        let with = "with: { shell: true, argv: ["
        let check = "eval: { uses: command, in: { a: a }, \(with)\"echo note\"] } }"
        let mixed = "a: { uses: command, \(with)\"echo 1 > {out.o}\"], out: { o: o } } }\n  \(check)"
        let alone = "eval: { uses: command, \(with)\"echo note\"] } }\n  other: { uses: command, \(with)\"true\"] } }"
        for (stages, count) in [(mixed, 2), (alone, 2)] {
            let workspace = try Workspace("name: p\nstages:\n  \(stages)\n")
            #expect(try workspace.run().exit == 0)
            #expect(try workspace.calm("pin", "base", "latest", "--store", "s").exit == 0)
            for (reference, executions) in [("latest", count), ("base", count), ("eval", stages == mixed ? 2 : 1)] {
                let exported = try workspace.calm("export", reference, "--store", "s", "--out", "r.tar")
                #expect(exported.exit == 0 && exported.output.contains("\(executions) execution"), "\(exported)")
                let store = "of-\(reference)"
                let imported = try workspace.calm("import", "r.tar", "--store", store)
                #expect(imported.exit == 0 && imported.output.contains("imported \(executions) "), "\(imported)")
                let run = try RunDocument(of: try workspace.calm("run", "p.yaml", "--store", store, "--json"))
                #expect(run.names("cached").count == executions && run["eval"]?.state == "cached", "\(reference)")
                #expect(try workspace.calm("store", "verify", "--store", store).exit == 0)
            }
            // On to a third store, which knows the run no more than the second.
            #expect(try workspace.calm("export", "base", "--store", "of-base", "--out", "t.tar").exit == 0)
            #expect(try workspace.calm("import", "t.tar", "--store", "third").exit == 0)
        }
    }

    @Test("killed at any moment, an import leaves no record, and the next one completes it")
    func killed() throws {
        let (_, to) = try sent()
        for round in 0..<8 {
            try? FileManager.default.removeItem(at: to.store)
            let process = try CalmProcess(
                CalmProcess.binary(), ["import", "a.tar", "--store", "s"], in: to.folder)
            usleep(UInt32(round * 6_000))
            process.send(SIGKILL)
            _ = try process.wait()
            if FileManager.default.fileExists(atPath: to.file("s/format").path) {
                #expect(try to.calm("store", "verify", "--store", "s").exit == 0)
            }
            #expect(try to.calm("import", "a.tar", "--store", "s").exit == 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: to.file("s/tmp").path).isEmpty)
            #expect(try to.run().states == ["made": "cached", "twice": "cached", "other": "executed"])
        }
    }

    @Test("an imported composition generates as it did")
    func composition() throws {
        let from = try LearningRun.shared.get()
        let to = try Workspace()
        #expect(try from.calm("export", "composed", "--store", "s", "--out", to.file("c.tar").path).exit == 0)
        #expect(try to.calm("import", "c.tar", "--store", "s", "--pin", "ours").exit == 0)
        let words = ["generate", "composed", "--prompt", "1+2=", "--tokens", "4", "--store", "s"]
        let (one, other) = (try from.calm(words), try to.calm(words))
        #expect(one.exit == 0 && other.exit == 0 && one.output == other.output)
        #expect(try to.calm("pins", "--store", "s").output.contains("ours"))
    }

    @Test("a trained decoder is written for other programs and scores the same there")
    func models() throws {
        let learning = try LearningRun.shared.get()
        let workspace = try Workspace()
        func calm(_ arguments: String...) throws -> CalmProcess.Ending {
            try workspace.calm(arguments + ["--store", learning.file("s").path])
        }
        for (format, path) in [("huggingface", "hf"), ("gguf", "anchor.gguf")] {
            let ending = try calm("export", "anchor", "--format", format, "--out", path)
            #expect(ending.exit == 0 && ending.output.hasPrefix("wrote \(path): "), "\(ending)")
            let again = try calm("export", "anchor", "--format", format, "--out", path)
            #expect(again.exit == (format == "gguf" ? 0 : 2), "\(again)")
        }
        // What was written is read again, by token ids: the tokenizer has no form there.
        func nats(_ model: String) throws -> [Double] {
            try workspace.write("{\"ids\": [3, 1, 4, 1, 5, 9, 2, 6]}\n", to: "ids.jsonl")
            let ending = try calm("score", model, "--jsonl", "ids.jsonl", "--dtype", "float32")
            return try #require(try document(ending)["nats"] as? [Double], "\(ending)")
        }
        let own = try nats("anchor")
        #expect(own.count == 7)
        for path in ["./hf", "anchor.gguf"] {
            #expect(try zip(nats(path), own).allSatisfy { abs($0 - $1) < 1e-4 }, "\(path)")
        }
        try workspace.write("{\"text\": \"1\"}\n", to: "text.jsonl")
        let text = try calm("score", "./hf", "--jsonl", "text.jsonl")
        #expect(text.exit == 4 && text.output.contains("takes token ids, and no text"), "\(text)")
        let files = try FileManager.default.contentsOfDirectory(atPath: workspace.file("hf").path).sorted()
        #expect(files == ["config.json", "model.safetensors"])
        let gguf = try Data(contentsOf: workspace.file("anchor.gguf"))
        #expect(gguf.prefix(4) == Data("GGUF".utf8))
        let half = try calm(
            "export", "anchor", "--format", "huggingface", "--dtype", "bfloat16", "--out", "half", "--json")
        #expect(half.exit == 0 && half.output.contains("\"format\":\"huggingface\""), "\(half)")
        let config = try String(contentsOf: workspace.file("half/config.json"), encoding: .utf8)
        #expect(config.contains("\"bfloat16\"") && config.contains("2048"), "\(config)")
        let composed = try calm("export", "composed", "--format", "gguf")
        #expect(composed.exit == 2 && composed.errors.contains("export the models that it joins"), "\(composed)")
        let pairs = try calm("export", "pairs", "--format", "gguf")
        #expect(pairs.exit == 2 && pairs.errors.contains("gave no model or composition"), "\(pairs)")
        let alone = try calm("export", "anchor", "--dtype", "float16")
        #expect(alone.exit == 2 && alone.errors.contains("go with --format"), "\(alone)")
    }

    @Test("a decoder with a trained tokenizer is written with it, and reads text there")
    func tokenizer() throws {
        let workspace = try Workspace()
        try Data("1+2=3 12+34=46 the cat sat on the mat\n".utf8).write(to: workspace.file("text.txt"))
        try Data(
            """
            name: p
            stages:
              pairs: { uses: kv.pairs, with: { count: 12, held-in-share: 0.5, seed: 1 } }
              expressions:
                uses: kv.expressions
                in: { pairs: pairs }
                with: { fewest-operands: 2, most-operands: 3, training: 20, composition: 9, evaluation: 4, seed: 1 }
              examples: { uses: kv.task, in: { expressions: expressions.training }, with: { task: kv-subs } }
              words: { uses: tokenizer.train, in: { texts: { file: text.txt } }, with: { vocabulary-size: 270 } }
              corpus: { uses: corpus.tokenize, in: { datasets: examples, tokenizer: words } }
              decoder:
                uses: model.train
                in: { corpus: corpus }
                with: { layers: 1, width: 16, heads: 2, steps: 2, batch: 2 }

            """.utf8
        ).write(to: workspace.file("words.yaml"))
        let run = try workspace.calm("run", "words.yaml", "--store", "s")
        #expect(run.exit == 0, "\(run)")
        let ending = try workspace.calm(
            "export", "decoder", "--format", "huggingface", "--out", "hf", "--store", "s")
        #expect(ending.exit == 0 && !ending.output.contains("token ids"), "\(ending)")
        let files = try FileManager.default.contentsOfDirectory(atPath: workspace.file("hf").path).sorted()
        #expect(files == ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"])
        let (written, own) = (workspace.file("hf/tokenizer.json"), workspace.file("own"))
        #expect(try workspace.calm("get", "words", own.path, "--store", "s").exit == 0)
        #expect(
            try Data(contentsOf: written) == Data(contentsOf: own.appendingPathComponent("tokenizer.json")))
        let tokens = try workspace.calm("tokenize", "hf", "--text", "the cat 1+2=")
        #expect(tokens.exit == 0, "\(tokens)")
        let gguf = try workspace.calm("export", "decoder", "--format", "gguf", "--out", "d.gguf", "--store", "s")
        #expect(gguf.exit == 0 && gguf.errors.isEmpty, "\(gguf)")
        #expect(try workspace.calm("tokenize", "d.gguf", "--text", "the cat 1+2=").output == tokens.output)
    }
}
