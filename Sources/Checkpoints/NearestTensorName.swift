/// The name that a missing tensor most likely has instead, or nil if none is near: the one with the smallest edit distance
/// (insertion, deletion, substitution), at most a third of the letters. Ties go to the first.
///
/// O(names × length²), for names of up to 128 bytes among up to 10,000.
func nearestTensorName(to name: String, among names: [String]) -> String? {
    let wanted = Array(name.utf8)
    guard !wanted.isEmpty, wanted.count <= 128, names.count <= 10_000 else { return nil }
    var limit = (wanted.count + 2) / 3
    var nearest: String?
    for candidate in names where abs(candidate.utf8.count - wanted.count) <= limit {
        let distance = editDistance(wanted, Array(candidate.utf8), limit: limit)
        if distance < limit || (distance == limit && nearest == nil) {
            nearest = candidate
            limit = distance
        }
    }
    return nearest
}

/// The edit distance, or something greater than `limit` if it is greater.
private func editDistance(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int {
    var previous = Array(0...b.count)
    var current = previous
    for i in a.indices {
        current[0] = i + 1
        var least = current[0]
        for j in b.indices {
            current[j + 1] = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
            least = min(least, current[j + 1])
        }
        if least > limit { return limit + 1 }
        swap(&previous, &current)
    }
    return previous[b.count]
}
