/// The merges of a byte-pair model, in order of rank.
struct Merges: Sendable {
    private(set) var table: MergeTable
    /// The ids of the two tokens and of what they become, three by three.
    private(set) var triples: [Int32] = []

    init(capacity: Int = 16) {
        table = MergeTable(capacity: capacity)
        triples.reserveCapacity(capacity * 3)
    }

    var count: Int { triples.count / 3 }

    var results: [Int32] { stride(from: 2, to: triples.count, by: 3).map { triples[$0] } }

    mutating func append(_ left: Int32, _ right: Int32, _ result: Int32) {
        table.insert(left, right, rank: count, id: result)
        triples.append(left)
        triples.append(right)
        triples.append(result)
    }

    /// Enters merges in their order: their places are read first, so that the waits for memory overlap.
    mutating func append(contentsOf others: some Collection<(left: Int32, right: Int32, result: Int32)>) {
        var touched: UInt64 = 0
        for merge in others { touched ^= table.touch(merge.left, merge.right) }
        // Keeps the reads from being optimized away.
        if touched == 1, others.isEmpty { return }
        for merge in others { append(merge.left, merge.right, merge.result) }
    }
}

/// Enters merges by the texts of their tokens, many at a time: one by one, each would wait for memory.
struct MergesBuilder {
    private(set) var merges: Merges
    private let vocabulary: Vocabulary
    /// Dropped from the second token where the two are joined.
    private let prefix: [UInt8]

    /// The texts of left and right tokens in turn, where they end, and which merge of the file each is.
    private var texts: [UInt8] = []
    private var ends: [Int] = []
    private var places: [Int] = []
    private var ids: [Int32] = []
    /// What the last merge gave: merges mostly come in the order of what they give.
    private var last = 0

    private static let batch = 32

    /// A merge whose tokens aren't all in the vocabulary.
    struct Missing: Error {
        var text: [UInt8]
        /// What the merge was entered with.
        var place: Int
    }

    init(_ vocabulary: Vocabulary, prefix: [UInt8] = [], capacity: Int) {
        self.vocabulary = vocabulary
        self.prefix = prefix
        merges = Merges(capacity: capacity)
        texts.reserveCapacity(Self.batch * 64)
    }

    /// - Parameter place: tells the merge from others in a `Missing`.
    mutating func append(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>, place: Int) throws(Missing) {
        texts.append(contentsOf: left)
        ends.append(texts.count)
        texts.append(contentsOf: right)
        ends.append(texts.count)
        places.append(place)
        if places.count == Self.batch { try flush() }
    }

    mutating func finish() throws(Missing) -> Merges {
        try flush()
        return merges
    }

    private func start(_ column: Int) -> Int { column == 0 ? 0 : ends[column - 1] }

    /// The token that a merge gives.
    private func joined(_ index: Int) throws(Missing) -> Int {
        let start = start(2 * index)
        let middle = ends[2 * index]
        let end = ends[2 * index + 1]
        // With nothing to drop, the two stand joined.
        let dropped = end - middle >= prefix.count ? prefix.count : 0
        let found =
            dropped == 0
            ? texts.withUnsafeBufferPointer {
                vocabulary.id(UnsafeBufferPointer(rebasing: $0[start..<end]), after: last)
            } : vocabulary.id(Array(texts[start..<middle]) + Array(texts[(middle + dropped)..<end]))
        if let found { return found }
        throw Missing(
            text: Array(texts[start..<middle]) + Array(texts[(middle + dropped)..<end]), place: places[index])
    }

    private mutating func flush() throws(Missing) {
        vocabulary.ids(texts, ends: ends, into: &ids)
        var touched: UInt64 = 0
        for index in places.indices { touched ^= merges.table.touch(ids[2 * index], ids[2 * index + 1]) }
        for index in places.indices {
            for column in 2 * index..<2 * index + 2 where ids[column] < 0 {
                throw Missing(text: Array(texts[start(column)..<ends[column]]), place: places[index])
            }
            last = try joined(index)
            merges.append(ids[2 * index], ids[2 * index + 1], Int32(last))
        }
        // Keeps the reads from being optimized away.
        if touched == 1, places.isEmpty { return }
        texts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
    }
}
