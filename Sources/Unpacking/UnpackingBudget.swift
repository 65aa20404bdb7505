/// Why something can't be unpacked.
package struct UnpackingProblem: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// What may still be unpacked of one file.
package struct UnpackingBudget {
    private let compressed: Int
    private let limit: Int
    private let ratio: Int
    private let ratioFloor: Int
    private let rest: Int
    package private(set) var unpacked = 0

    /// - Parameters:
    ///   - compressed: The size of the file that is unpacked.
    ///   - limit: How many bytes it may unpack to; deflate makes at most 1,032 of one.
    ///   - ratio: How many bytes a byte may unpack to, beyond `ratioFloor` bytes.
    ///   - rest: What may be unpacked in one call, all files together.
    package init(compressed: Int, limit: Int, ratio: Int = 1032, ratioFloor: Int = 0, rest: Int = .max) {
        self.compressed = compressed
        self.limit = limit
        self.ratio = ratio
        self.ratioFloor = ratioFloor
        self.rest = rest
    }

    package mutating func spend(_ bytes: Int) throws(UnpackingProblem) {
        unpacked += bytes
        guard unpacked <= limit else {
            throw UnpackingProblem("it unpacks to more than \(limit) bytes")
        }
        guard unpacked <= rest else {
            throw UnpackingProblem("all compressed files of one call unpack to too much: take some of them at a time")
        }
        guard unpacked <= ratioFloor || unpacked / ratio <= compressed else {
            throw UnpackingProblem("it unpacks to more than \(ratio) times its size")
        }
    }
}
