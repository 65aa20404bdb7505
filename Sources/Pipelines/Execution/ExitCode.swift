/// The exit codes of `calm run`.
package enum ExitCode {
    package static let success: Int32 = 0
    package static let gateMissed: Int32 = 1
    package static let usage: Int32 = 2
    package static let invalidPipeline: Int32 = 3
    package static let stageFailed: Int32 = 4
    package static let store: Int32 = 5

    /// 129 for SIGHUP, 130 for SIGINT, 143 for SIGTERM.
    package static func interrupted(by signal: Int32) -> Int32 { 128 + signal }

    /// The gravest thing that happened: an interruption, then the store, a failed stage, a missed gate.
    static func of(stages: [StageResult], gates: [GateResult], problem: StageFailure?, signal: Int32?) -> Int32 {
        if let signal { return interrupted(by: signal) }
        let failures = stages.compactMap(\.failure) + [problem].compactMap(\.self)
        if failures.contains(where: { $0.category.isOfStore }) { return store }
        if !failures.isEmpty || stages.contains(where: { $0.state == .failed }) { return stageFailed }
        return gates.allSatisfy(\.passed) ? success : gateMissed
    }
}
