/// What became of one test in one run.
package struct TestHistoryRow: Hashable, Sendable {
    package let run: String
    /// Seconds since 1970.
    package let startedAt: Double
    package let commit: String?
    package let branch: String?
    package let job: String?
    /// passed, failed, error or skipped.
    package let status: String
    package let isFlaky: Bool
    package let seconds: Double?
    /// Of its first failure.
    package let message: String
}
