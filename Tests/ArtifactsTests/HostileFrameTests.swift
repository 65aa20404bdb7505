import Artifacts
import Foundation
import Testing

/// LZ4 frames that are sound to the letter and made to waste time or memory.
struct HostileFrameTests {
    let temporary: TemporaryStore
    let digest = Digest(of: Data("hostile".utf8))

    init() throws { temporary = try TemporaryStore(inMemory: true) }

    /// Reads the frame in an object's place, which must fail, soon.
    private func refusal(_ frame: [UInt8]) throws -> StoreError? {
        try temporary.overwrite(digest, with: frame)
        var error: StoreError?
        let duration = ContinuousClock().measure {
            error = storeError { _ = try temporary.store.data(digest, expecting: 1 << 20) }
        }
        #expect(duration < .seconds(10), "\(duration)")
        return error
    }

    @Test("millions of blocks without content end as damage")
    func emptyBlocks() throws {
        // A block of one byte: a token without literals and without a match.
        let blocks = Array(repeating: [1, 0, 0, 0, 0] as [UInt8], count: 2_000_000).flatMap { $0 }
        #expect(try refusal(HandmadeFrame.frame(contentSize: nil, blocks: blocks))?.code == .damaged)
    }

    @Test("a frame behind skippable ones, and one behind another, is no object")
    func manyFrames() throws {
        let sound = HandmadeFrame.stored(Array("hostile".utf8), contentSize: 7)
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]
        #expect(try refusal(skippable + sound)?.code == .damaged)
        #expect(try refusal(sound + sound)?.code == .damaged)
        #expect(try refusal(sound + skippable)?.code == .damaged)
        #expect(try refusal([0x50, 0x2A, 0x4D, 0x18, 255, 255, 255, 255])?.code == .damaged)
    }

    @Test("a block that claims more than a block may have, or than there is, is damage")
    func longBlocks() throws {
        for length: [UInt8] in [[255, 255, 255, 127], [255, 255, 255, 255], [1, 0, 64, 0], [0, 0, 64, 128]] {
            #expect(try refusal(HandmadeFrame.frame(contentSize: nil, blocks: length + [1, 2, 3]))?.code == .damaged)
        }
    }
}
