/// What an execution gave, outputs and metrics, as the first twelve digits of a SHA-256: it tells the results of one key apart.
///
/// A run names with it the result that each of its stages has, so that a later execution of the key which gives something
/// else changes nothing of that run, whatever the clock says and whatever becomes of records.
package struct ResultDigest: Hashable, Sendable {
    /// Twelve lower-case hexadecimal digits.
    package let hex: String

    /// Nil unless `hex` is exactly twelve lower-case hexadecimal digits.
    package init?(hex: some StringProtocol) {
        guard hex.utf8.count == 12, hex.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
            return nil
        }
        self.hex = String(hex)
    }

    /// Of the lines `output ROLE DIGEST` and `metric NAME BITS`, each sorted by name. All that are "not a number" are one, and
    /// so are the two zeros, which SQLite doesn't tell apart.
    package init(outputs: [String: Digest], metrics: [String: Double]) {
        var text: [UInt8] = []
        text.reserveCapacity(96 * (outputs.count + metrics.count))
        func append(_ word: String, _ name: String, _ value: String) {
            text.append(contentsOf: word.utf8)
            text.append(contentsOf: name.utf8)
            text.append(UInt8(ascii: " "))
            text.append(contentsOf: value.utf8)
            text.append(UInt8(ascii: "\n"))
        }
        for (role, digest) in outputs.sorted(by: { $0.key < $1.key }) { append("output ", role, digest.hex) }
        for (name, value) in metrics.sorted(by: { $0.key < $1.key }) {
            let plain = value.isNaN ? .nan : value == 0 ? 0 : value
            append("metric ", name, String(plain.bitPattern, radix: 16))
        }
        hex = String(Digest(of: text).hex.prefix(12))
    }
}

extension ResultDigest: Comparable {
    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.hex < rhs.hex }
}

extension ResultDigest: CustomStringConvertible {
    package var description: String { hex }
}

/// One of the results that a stage key has had.
package struct KeyedResult: Hashable, Sendable {
    package let key: Digest
    package let result: ResultDigest

    package init(key: Digest, result: ResultDigest) {
        self.key = key
        self.result = result
    }
}

extension KeyedResult: Comparable {
    package static func < (lhs: Self, rhs: Self) -> Bool { (lhs.key, lhs.result) < (rhs.key, rhs.result) }
}

extension ExecutionRecord {
    package var result: ResultDigest { ResultDigest(outputs: outputs, metrics: metrics) }
    package var keyedResult: KeyedResult { KeyedResult(key: key, result: result) }
}

extension ExecutionOutcome {
    package var result: ResultDigest { ResultDigest(outputs: outputs, metrics: metrics) }
}
