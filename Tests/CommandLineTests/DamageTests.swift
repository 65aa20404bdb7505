import Foundation
import Testing

@Suite struct DamageTests {
    enum Damage: String, CaseIterable, Sendable {
        case flip, truncate, empty, delete

        /// - Parameter isSilent: Whether the file's time stays as it was, as when a disk loses bits.
        func strike(_ file: URL, isSilent: Bool = false) throws {
            let time = try FileManager.default.attributesOfItem(atPath: file.path)[.modificationDate] as? Date
            var bytes = try Data(contentsOf: file)
            switch self {
            case .flip: bytes[bytes.count / 2] ^= 1
            case .truncate: bytes = bytes.dropLast(9)
            case .empty: bytes = Data()
            case .delete: return try FileManager.default.removeItem(at: file)
            }
            try bytes.write(to: file)
            if isSilent, let time {
                try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: file.path)
            }
        }
    }

    private func ran() throws -> (Workspace, RunDocument) {
        let workspace = try Workspace(
            """
            name: damage
            stages:
              maker: { uses: command, with: { shell: true, argv: ["seq 99 > {out.x}"], out: { x: x } } }
              reader:
                uses: command
                in: { i: maker.x }
                with: { shell: true, argv: ["wc < {in.i} > {out.y}"], out: { y: y } }
            """)
        return (workspace, try workspace.run())
    }

    @Test(
        "verify names a damaged object and what needs it; the next run makes it anew, as it was",
        arguments: Damage.allCases, [true, false])
    func repair(_ damage: Damage, isManifest: Bool) throws {
        let (workspace, first) = try ran()
        let maker = try #require(first["maker"])
        let digest = isManifest ? try #require(maker.outputs["x"]) : try workspace.blob(of: "maker.x")
        try damage.strike(workspace.object(digest))

        let verification = try workspace.calm("store", "verify", "--store", "s")
        #expect(verification.exit == 1)
        let problem = damage == .delete ? "missing" : "damaged"
        #expect(verification.output.contains("\(problem): object \(digest)"), "\(verification.output)")
        for (stage, relation) in [(maker, "output x"), (try #require(first["reader"]), "input i")] {
            let key = try #require(stage.key).prefix(12)
            #expect(verification.output.contains("needed: \(relation) of command \(key)"), "\(verification.output)")
        }

        let next = try workspace.run()
        #expect(next.exit == 0 && next.states == ["maker": "executed", "reader": "cached"])
        #expect(next["maker"]?.why.contains("\(digest.prefix(12))… missing; gave the same outputs as before") == true)
        #expect(next.stages.map(\.outputs) == first.stages.map(\.outputs))
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test(
        "a damaged object of a cached stage is seen by plan and by the next run, which makes it anew, without a verify",
        arguments: Damage.allCases, [true, false])
    func seen(_ damage: Damage, isManifest: Bool) throws {
        let (workspace, first) = try ran()
        let digest = isManifest ? try #require(first["reader"]?.outputs["y"]) : try workspace.blob(of: "reader.y")
        try damage.strike(workspace.object(digest))
        let why = "output blob \(digest.prefix(12))… \(damage == .delete ? "missing" : "damaged")"
        let plan = try workspace.calm("plan", "p.yaml", "--store", "s")
        #expect(plan.exit == 0 && plan.output.contains(why), "\(plan)")
        let next = try workspace.run()
        #expect(next.exit == 0 && next.names("executed") == ["reader"])
        #expect(next["reader"]?.why == "\(why); gave the same outputs as before")
        #expect(next.stages.map(\.outputs) == first.stages.map(\.outputs))
        #expect(try workspace.run().names("executed").isEmpty)
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test("damage found while a stage reads has its producer run again, in the same run, and says why")
    func damageOnRead() throws {
        let (workspace, first) = try ran()
        let digest = try workspace.blob(of: "maker.x")
        try Damage.flip.strike(workspace.object(digest), isSilent: true)
        let reading = try workspace.run("--force-stage", "reader")
        #expect(reading.exit == 0 && reading.names("executed") == ["maker", "reader"])
        #expect(
            reading["maker"]?.why
                == "its output x was found damaged or gone by stage reader; gave the same outputs as before")
        #expect(reading.stages.map(\.outputs) == first.stages.map(\.outputs))
        #expect(try workspace.run().names("executed").isEmpty)
    }

    @Test("what is damaged and can't be made anew fails its stage, not the others, whose results stay")
    func irreparable() throws {
        let workspace = try Workspace()
        try workspace.write("once", to: "outside")
        try workspace.write(
            """
            name: irreparable
            stages:
              maker: { uses: command, with: { argv: [cp, \(workspace.file("outside").path), "{out.x}"], out: { x: x } } }
              reader: { uses: command, in: { i: maker.x }, with: { argv: [cp, "{in.i}", "{out.y}"], out: { y: y } } }
              other: { uses: command, with: { argv: [sh, -c, "echo 1 > {out.z}"], out: { z: z } } }
            """)
        let first = try workspace.run()
        try FileManager.default.removeItem(at: workspace.file("outside"))
        try Damage.flip.strike(workspace.object(try workspace.blob(of: "maker.x")), isSilent: true)
        let second = try workspace.run("--keep-going", "--force-stage", "reader")
        #expect(second.exit == 4 && second.states == ["maker": "failed", "reader": "skipped", "other": "cached"])
        #expect(second["other"]?.outputs == first["other"]?.outputs)
        // Reverting what was edited outside mends it.
        try workspace.write("once", to: "outside")
        let third = try workspace.run()
        #expect(third.exit == 0 && third.names("executed") == ["maker"], "\(third)")
        #expect(third.stages.map(\.outputs) == first.stages.map(\.outputs))
    }

    @Test("the damaged blob of an input file is written anew from the file")
    func inputFile() throws {
        let workspace = try Workspace(
            """
            name: file
            stages:
              reader: { uses: command, in: { i: { file: text } }, with: { argv: [cp, "{in.i}", "{out.y}"], out: { y: y } } }
            """)
        try workspace.write("text", to: "text")
        try workspace.run()
        // The file's blob is damaged, the file is whole: it is imported again.
        let blob = try #require(
            (try workspace.query("show", "reader.y") as? [String: Any])?["members"] as? [String: [String: Any]])
        let digest = try #require(blob.values.first?["digest"] as? String)
        try Damage.flip.strike(workspace.object(digest))
        #expect(try workspace.run("--force").exit == 0)
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test("a damaged execution record is damage, and its stage reruns")
    func record() throws {
        let (workspace, first) = try ran()
        let key = try #require(first["maker"]?.key)
        let file = workspace.store.appendingPathComponent("executions/\(key.prefix(2))/\(key.dropFirst(2)).json")
        try Damage.truncate.strike(file)
        let verification = try workspace.calm("store", "verify", "--store", "s")
        #expect(verification.exit == 1 && verification.output.contains("execution record \(key)"))
        #expect(verification.output.contains("(stage reader, artifact "), "\(verification.output)")
        #expect(try workspace.run().exit == 0)
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test(
        "a damaged record that no pipeline needs any more is set aside, and that is the end of it",
        arguments: [false, true])
    func olderRecord(_ isCollected: Bool) throws {
        let workspace = try Workspace(
            """
            name: older
            params: { word: one }
            stages:
              maker:
                uses: command
                with: { shell: true, argv: ["echo $W > {out.x}"], out: { x: x }, set: { W: "${params.word}" } }
            """)
        let key = try #require(try workspace.run()["maker"]?.key)
        try workspace.run("--set", "params.word=two")
        try Damage.truncate.strike(workspace.file("s/executions/\(key.prefix(2))/\(key.dropFirst(2)).json"))
        let verification = try workspace.calm("store", "verify", "--store", "s")
        #expect(verification.exit == 1 && verification.output.contains("set aside as "), "\(verification.output)")
        #expect(verification.output.contains("needed: output x of command \(key.prefix(12)) (stage maker"))
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        if isCollected {
            #expect(try workspace.calm("store", "gc", "--quarantined", "--store", "s").exit == 0)
            #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
        }
        #expect(try workspace.run().names("executed") == ["maker"])
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test("a deleted record is missing: verify names its stage, and the next run says why it executes it")
    func deletedRecord() throws {
        let (workspace, first) = try ran()
        let key = try #require(first["maker"]?.key)
        try FileManager.default.removeItem(
            at: workspace.store.appendingPathComponent("executions/\(key.prefix(2))/\(key.dropFirst(2)).json"))
        let verification = try workspace.calm("store", "verify", "--store", "s")
        #expect(verification.exit == 1)
        #expect(verification.output.contains("missing: execution record \(key)"), "\(verification.output)")
        #expect(verification.output.contains("(stage maker, artifact "), "\(verification.output)")
        #expect(verification.output.contains("(stage reader, artifact "), "\(verification.output)")
        let next = try workspace.run()
        #expect(next.states == ["maker": "executed", "reader": "cached"])
        #expect(next["maker"]?.why == "its execution record is missing")
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test("orphans and leftovers are notes, not damage")
    func notes() throws {
        let (workspace, first) = try ran()
        let key = try #require(first["reader"]?.key)
        let digest = try #require(first["reader"]?.outputs["y"])
        try FileManager.default.removeItem(
            at: workspace.store.appendingPathComponent("executions/\(key.prefix(2))/\(key.dropFirst(2)).json"))
        // The record isn't missed where nothing tells of it.
        try FileManager.default.removeItem(at: workspace.store.appendingPathComponent("catalogue.sqlite"))
        _ = try workspace.calm("runs", "--store", "s")
        try workspace.write("half", to: "s/tmp/999999999-1-1.calm")
        let verification = try workspace.calm("store", "verify", "--store", "s")
        #expect(verification.exit == 0, "\(verification.output)")
        #expect(verification.output.contains("object \(digest) belongs to no execution"))
        #expect(verification.output.contains("tmp/999999999-1-1.calm is left over"))
    }

    @Test("without its catalogue a store loses no result")
    func catalogue() throws {
        let (workspace, _) = try ran()
        try FileManager.default.removeItem(at: workspace.store.appendingPathComponent("catalogue.sqlite"))
        #expect(try workspace.run().states == ["maker": "cached", "reader": "cached"])
    }

    @Test("several damaged inputs are all made anew in one run, and so is all of a chain whose blobs are damaged")
    func several() throws {
        let workspace = try Workspace(
            """
            name: join
            stages:
              a: { uses: command, with: { argv: [sh, -c, "seq 11 > {out.x}"], out: { x: x } } }
              b: { uses: command, with: { argv: [sh, -c, "seq 22 > {out.x}"], out: { x: x } } }
              c: { uses: command, in: { i: a.x, j: b.x }, with: { argv: [sh, -c, "cat {in.i} {in.j} > {out.x}"], out: { x: x } } }
              d: { uses: command, in: { i: c.x, j: a.x }, with: { argv: [sh, -c, "cat {in.i} {in.j} > {out.x}"], out: { x: x } } }
            """)
        let first = try workspace.run()
        for stage in ["a", "b"] {
            try Damage.flip.strike(workspace.object(try workspace.blob(of: "\(stage).x")), isSilent: true)
        }
        let second = try workspace.run("--force-stage", "c")
        #expect(second.exit == 0 && second.names("executed") == ["a", "b", "c"], "\(second)")
        let folder = workspace.store.appendingPathComponent("objects")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        for case let file as URL in files where !file.hasDirectoryPath {
            try Damage.flip.strike(file, isSilent: true)
        }
        let third = try workspace.run("--force")
        #expect(third.exit == 0 && third.stages.map(\.outputs) == first.stages.map(\.outputs), "\(third)")
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test("a stage that runs again doesn't leave its own damaged output in place")
    func ownOutput() throws {
        let (workspace, _) = try ran()
        let digests = try ["maker.x", "reader.y"].map { try workspace.blob(of: $0) }
        for digest in digests { try Damage.flip.strike(workspace.object(digest), isSilent: true) }
        #expect(try workspace.run("--force-stage", "maker").exit == 0)
        let verification = try workspace.calm("store", "verify", "--store", "s")
        #expect(verification.exit == 1 && verification.output.contains(digests[1]), "\(verification)")
        #expect(!verification.output.contains(digests[0]), "\(verification)")
        #expect(try workspace.run("--force").exit == 0)
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }
}
