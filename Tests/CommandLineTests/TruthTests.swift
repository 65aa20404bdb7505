import Foundation
import Testing

/// What the binary reads is what it records, and what the catalogue says is never taken for a result.
@Suite struct TruthTests {
    @Test("a file edited, replaced or deleted while the stage that reads it runs: the result is of what was bound")
    func editedDuringRun() throws {
        let workspace = try Workspace(
            """
            name: bound
            stages:
              slow:
                uses: command
                in: { text: { file: text.txt } }
                with: { shell: true, argv: ["touch '\(NSTemporaryDirectory())'/$MARK; while [ -e '\(NSTemporaryDirectory())'/$MARK ]; do sleep 0.02; done; cat {in.text} > {out.x}"], out: { x: x }, set: { MARK: MARKER } }
            """)
        let mark = "calm-mark-\(UUID().uuidString)"
        try workspace.write(
            String(contentsOf: workspace.file("p.yaml"), encoding: .utf8).replacing("MARKER", with: mark))
        let marker = FileManager.default.temporaryDirectory.appendingPathComponent(mark)
        /// Runs, does something while the stage runs, and returns what the run says.
        func run(_ meddle: () throws -> Void) throws -> RunDocument {
            let process = try workspace.start()
            #expect(eventually { FileManager.default.fileExists(atPath: marker.path) })
            try meddle()
            try FileManager.default.removeItem(at: marker)
            return try RunDocument(of: process.wait())
        }
        func content() throws -> String {
            let ending = try workspace.calm("show", "slow.x", "--store", "s", "--json")
            #expect(ending.exit == 0)
            return try workspace.blob(of: "slow.x")
        }
        try workspace.write("one", to: "text.txt")
        #expect(try run { try workspace.write("two", to: "text.txt") }.exit == 0)
        let one = try content()
        // The edited file is another input, and the first bytes are known.
        #expect(
            try run { try FileManager.default.removeItem(at: workspace.file("text.txt")) }.names("executed") == ["slow"]
        )
        #expect(try content() != one)
        try workspace.write("one", to: "text.txt")
        #expect(try workspace.run().names("cached") == ["slow"])
        #expect(try content() == one)
    }

    /// What happens to the catalogue's file: a page or some bytes of it.
    enum Ruin: CaseIterable, Sendable {
        case garbage, empty, text, halved, headerOnly, foreign, zeroPages, withoutLog

        func strike(_ file: URL) throws {
            let bytes = try Data(contentsOf: file)
            let ruined: Data
            switch self {
            case .garbage: ruined = Data((0..<bytes.count).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) })
            case .empty: ruined = Data()
            case .text: ruined = Data("not a database, but a text that is long enough to be taken for one\n".utf8)
            case .halved: ruined = bytes.prefix(bytes.count / 2)
            case .headerOnly: ruined = bytes.prefix(100)
            case .foreign: ruined = bytes.prefix(68) + Data([0, 0, 0, 1]) + bytes.dropFirst(72)
            case .zeroPages: ruined = bytes.prefix(4096) + Data(count: bytes.count - 4096)
            case .withoutLog:
                for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.path + suffix) }
                return
            }
            for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.path + suffix) }
            try ruined.write(to: file)
        }
    }

    private static let pipeline = """
        name: index
        stages:
          a: { uses: command, with: { shell: true, argv: ["seq 50 > {out.x}; echo '{\\"m\\": 1.5}' > m"], out: { x: x }, metrics: m } }
          b: { uses: command, in: { i: a.x }, with: { shell: true, argv: ["wc < {in.i} > {out.y}"], out: { y: y } } }
        """

    /// Every command ends by itself, with a documented code and a word on the way out; a run that succeeds gives what it
    /// gave before.
    private func checkCommands(_ workspace: Workspace, like first: RunDocument, _ what: String) throws {
        let verification = try workspace.calm("store", "verify", "--store", "s")
        #expect([0, 1].contains(verification.exit), "\(what): \(verification.errors)")
        for words in [["runs"], ["show", "latest"], ["metrics", "--stage", "a"], ["why", "b"]] {
            let ending = try workspace.calm(words + ["--store", "s"])
            #expect([0, 2, 5].contains(ending.exit), "\(what), \(words): \(ending.exit) \(ending.errors)")
            if ending.exit == 5 { #expect(ending.errors.contains("catalogue"), "\(what), \(words): \(ending.errors)") }
        }
        let words = ["run", "p.yaml", "--store", "s", "--json"]
        let ending = try workspace.calm(words)
        let document = try RunDocument(of: ending)
        #expect([0, 5].contains(document.exit), "\(what): \(ending.errors)")
        if document.exit == 0 {
            #expect(document.stages.map(\.outputs) == first.stages.map(\.outputs), "\(what)")
            #expect(document.stages.map(\.metrics) == first.stages.map(\.metrics), "\(what)")
        } else {
            #expect((ending.errors + (document.error ?? "")).contains("move"), "\(what): \(ending.errors)")
        }
    }

    @Test("a ruined catalogue: no crash, no stale result, and without the file all is well", arguments: Ruin.allCases)
    func ruinedCatalogue(_ ruin: Ruin) throws {
        let workspace = try Workspace(TruthTests.pipeline)
        let first = try workspace.run()
        let file = workspace.store.appendingPathComponent("catalogue.sqlite")
        try ruin.strike(file)
        try checkCommands(workspace, like: first, "\(ruin)")
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.path + suffix) }
        #expect(try workspace.run().names("cached") == ["a", "b"])
        #expect(try workspace.calm("store", "verify", "--store", "s").exit == 0)
    }

    @Test("flipped bits all over the catalogue: no crash and no wrong result")
    func flippedBits() throws {
        let workspace = try Workspace(TruthTests.pipeline)
        let first = try workspace.run()
        let file = workspace.store.appendingPathComponent("catalogue.sqlite")
        let sound = try Data(contentsOf: file)
        // Where something is written: nobody reads the zeros between.
        let written = sound.indices.filter { sound[$0] != 0 }
        for number in 0..<12 {
            let index = written[(number * 2_654_435_761) % written.count]
            for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.path + suffix) }
            var bytes = sound
            bytes[index] ^= 1 << (number % 8)
            try bytes.write(to: file)
            try checkCommands(workspace, like: first, "byte \(index)")
        }
    }
}
