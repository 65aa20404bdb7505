import Foundation
import FuzzTargets
import Testing

/// What the fuzzer starts from and what it has found, read again with every run of the tests: a reader may refuse any of it,
/// but must come back. `Tests/Fuzzing/run` goes on from here.
@Suite("The corpus of the fuzzer") struct CorpusTests {
    private static let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fuzzing/Corpus")

    @Test("each target has its inputs, and no other has any")
    func targets() throws {
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: Self.corpus.path).sorted()
                == FuzzTarget.all.keys.sorted())
    }

    @Test(
        "every input, cut anywhere and with any byte changed, is read or refused",
        arguments: FuzzTarget.all.keys.sorted())
    func replay(_ name: String) throws {
        let make = try #require(FuzzTarget.all[name])
        let target = try make()
        let folder = Self.corpus.appendingPathComponent(name)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files.count > 1)
        for file in files.sorted() {
            let bytes = try [UInt8](Data(contentsOf: folder.appendingPathComponent(file)))
            target.run(bytes)
            // As many places as there is time for, the same each time.
            for place in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 40)) {
                target.run(Array(bytes[..<place]))
                var changed = bytes
                changed[place] ^= UInt8(truncatingIfNeeded: 1 << (place % 8))
                target.run(changed)
            }
        }
    }
}
