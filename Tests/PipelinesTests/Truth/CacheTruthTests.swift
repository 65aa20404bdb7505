import Foundation
import Testing

/// Random pipelines under random edits, each run compared with a model that computes everything from scratch.
///
/// `CALM_TRUTH=50` makes fifty times as many edits. A failure names its seed, with every edit up to it.
@Suite("The truth of the cache", .serialized) struct CacheTruthTests {
    private static let seeds = 1...(8 * (ProcessInfo.processInfo.environment["CALM_TRUTH"].flatMap(Int.init) ?? 1))
    private static let edits = 40

    @Test("every decision and every output is what the naive model says", arguments: seeds)
    func truth(seed: Int) async throws {
        let world = try TruthWorld()
        var edits = try TruthEdits(world, seed: UInt64(seed))
        var history: [String] = ["the first run"]
        for number in 0...Self.edits {
            if number > 0 { history.append("\(number): \(try edits.apply())") }
            let faults = try await world.check()
            guard faults.isEmpty else {
                Issue.record(
                    """
                    seed \(seed): \(faults.joined(separator: "\n"))
                    after \(history.joined(separator: "\n"))
                    \(world.draft.yaml)
                    """)
                return
            }
        }
        #expect(world.executed > 3 && world.decisions > 2 * world.executed)
    }
}
