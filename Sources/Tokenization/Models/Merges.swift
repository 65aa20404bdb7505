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
