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
}

/// Enters merges by the texts of their tokens, many at a time: one by one, each would wait for memory.
struct MergesBuilder {
    private(set) var merges: Merges
    private let vocabulary: Vocabulary
    /// Dropped from the second token where the two are joined.
    private let prefix: [UInt8]

    /// The texts of left, right and joined tokens in turn, where they end, and which merge of the file each is.
    private var texts: [UInt8] = []
    private var ends: [Int] = []
    private var places: [Int] = []
    private var ids: [Int32] = []

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
        texts.append(contentsOf: left)
        texts.append(contentsOf: right.dropFirst(right.count >= prefix.count ? prefix.count : 0))
        ends.append(texts.count)
        places.append(place)
        if places.count == Self.batch { try flush() }
    }

    mutating func finish() throws(Missing) -> Merges {
        try flush()
        return merges
    }

    private mutating func flush() throws(Missing) {
        vocabulary.ids(texts, ends: ends, into: &ids)
        var touched: UInt64 = 0
        for index in places.indices { touched ^= merges.table.touch(ids[3 * index], ids[3 * index + 1]) }
        for index in places.indices {
            for column in 3 * index..<3 * index + 3 where ids[column] < 0 {
                let start = column == 0 ? 0 : ends[column - 1]
                throw Missing(text: Array(texts[start..<ends[column]]), place: places[index])
            }
            merges.append(ids[3 * index], ids[3 * index + 1], ids[3 * index + 2])
        }
        // Keeps the reads from being optimized away.
        if touched == 1, places.isEmpty { return }
        texts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
    }
}
