/// Why something could not be fetched.
package struct FetchFailure: Error, Sendable, CustomStringConvertible {
    package enum Reason: Sendable, Hashable {
        /// The network or a server failed in a way that may pass: worth trying again.
        case transient
        /// The server has no such thing.
        case notFound
        /// The server, or a check of ours, refused for good.
        case refused
        /// The bytes aren't the expected ones.
        case mismatch
        /// The disk takes no more.
        case disk
    }

    package let reason: Reason
    package let description: String
    /// The seconds for which a server asked to be left alone.
    var pause: Double?

    package init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }

    /// The same failure with words added.
    func adding(_ words: String) -> FetchFailure {
        var failure = FetchFailure(reason, description + words)
        failure.pause = pause
        return failure
    }
}
