/// The valid name that a mistyped one most likely means, or nil if none is near.
///
/// Near is within a third of the letters by edit distance (insertion, deletion, substitution, swap of neighbours; case
/// is ignored), or the last part of a dotted name. Ties go to the first.
package func nearestName(to name: String, among valid: [String]) -> String? {
    let wanted = Array(name.lowercased().utf8)
    guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
    var limit = min(4, (wanted.count + 1) / 3)
    var nearest: String?
    for candidate in valid where abs(candidate.utf8.count - wanted.count) <= limit {
        let distance = editDistance(wanted, Array(candidate.lowercased().utf8))
        if distance < limit || (distance == limit && nearest == nil) {
            nearest = candidate
            limit = distance
        }
    }
    return nearest ?? valid.first { $0.hasSuffix("." + name) || $0.hasPrefix(name + ".") }
}

/// The optimal string alignment distance, O(lhs × rhs).
private func editDistance(_ lhs: [UInt8], _ rhs: [UInt8]) -> Int {
    var beforePrevious = [Int](repeating: 0, count: rhs.count + 1)
    var previous = Array(0...rhs.count)
    var current = previous
    for i in lhs.indices {
        current[0] = i + 1
        for j in rhs.indices {
            var best = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (lhs[i] == rhs[j] ? 0 : 1))
            if i > 0, j > 0, lhs[i] == rhs[j - 1], lhs[i - 1] == rhs[j] {
                best = min(best, beforePrevious[j - 1] + 1)
            }
            current[j + 1] = best
        }
        (beforePrevious, previous, current) = (previous, current, beforePrevious)
    }
    return previous[rhs.count]
}
