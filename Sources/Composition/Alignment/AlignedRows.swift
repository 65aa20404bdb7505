import NeuralNetworks
import Tensors

/// The rows of an augmenting model beside a batch of the anchor: several ``AlignedStretch``es packed end to end.
struct AlignedRows: Sendable {
    private(set) var tokens: [Int32] = []
    /// Sequence i has rows offsets[i]..<offsets[i + 1].
    private(set) var offsets = [0]
    private var positions: [Int32] = []
    private var keyPositions: [Int32] = []
    private var cacheRows: [Int32]?
    /// Who sees whom: in the augmenting model, and in the cross-attention.
    private var own = Sights()
    private var cross = Sights()

    private struct Sights {
        var sequences: [(queries: Range<Int>, keys: Range<Int>)] = []
        var visible: [Int32] = []
        var holes: [Range<Int32>] = []

        /// Keys up to `cut`, and those of a branch.
        mutating func append(cut: Int, branch: Range<Int>) {
            visible.append(Int32(branch.isEmpty ? cut : branch.upperBound))
            holes.append(branch.isEmpty ? 0..<0 : Int32(cut)..<Int32(branch.lowerBound))
        }

        var pattern: AttentionPattern {
            AttentionPattern(sequences: sequences, visible: visible, holes: holes)
        }
    }

    /// - Parameter isCached: Whether keys are found in caches.
    init(isCached: Bool) { cacheRows = isCached ? [] : nil }

    /// Rows of the anchor that see nothing, in front of a stretch's or of all.
    mutating func appendBlind(_ count: Int) {
        cross.visible += [Int32](repeating: 0, count: count)
        cross.holes += [Range<Int32>](repeating: 0..<0, count: count)
    }

    /// - Parameters:
    ///   - cache: First cache row of the sequence; nil without caches.
    ///   - skipping: How many of the stretch's first anchor tokens have no row.
    mutating func append(_ stretch: AlignedStretch, cache: Int?, skipping: Int = 0) {
        let start = tokens.count
        tokens += stretch.tokens
        positions += stretch.positions
        keyPositions += stretch.anchorPositions
        offsets.append(tokens.count)
        // Cached rows come before those of the stretch.
        let keys = stretch.first + stretch.tokens.count
        let range = cache.map { $0..<$0 + keys } ?? start..<start + keys
        precondition(cache != nil || stretch.first == 0, "rows that are in no cache")
        cacheRows?.append(contentsOf: range.dropFirst(stretch.first).map { Int32($0) })

        func rows(_ branch: Range<Int>) -> Range<Int> {
            branch.isEmpty ? branch : stretch.first + branch.lowerBound..<stretch.first + branch.upperBound
        }
        own.sequences.append((start..<tokens.count, range))
        for index in 0..<stretch.mainCount { own.append(cut: stretch.first + index + 1, branch: 0..<0) }
        for branch in stretch.branches {
            for end in branch.rows.lowerBound + 1...branch.rows.upperBound {
                own.append(cut: branch.cut, branch: rows(branch.rows.lowerBound..<end))
            }
        }
        let queries = cross.visible.count
        for sight in stretch.sights.dropFirst(skipping) { cross.append(cut: sight.cut, branch: rows(sight.branch)) }
        cross.sequences.append((queries..<cross.visible.count, range))
    }

    /// Of the augmenting model.
    var layout: SequenceLayout { SequenceLayout(positions: positions, pattern: own.pattern, cacheRows: cacheRows) }

    /// Of the connections, whose queries stand at the anchor's positions.
    ///
    /// - Parameter offset: The anchor's position of a text's first token.
    func crossLayout(_ anchorPositions: [Int32], offset: Int) -> CrossLayout {
        CrossLayout(
            queries: SequenceLayout(positions: anchorPositions, pattern: cross.pattern),
            keyPositions: keyPositions.map { $0 + Int32(offset) }, keyCacheRows: cacheRows)
    }
}
