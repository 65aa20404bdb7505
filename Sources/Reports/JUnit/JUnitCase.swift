import Foundation
import Pipelines

/// A test case of a report, before anything is cut to size.
struct JUnitCase: Sendable {
    enum Outcome: Sendable {
        case passed
        case skipped(message: String)
        case failure(type: String, message: String, text: String)
        case error(type: String, message: String, text: String)
    }

    /// A part of a log.
    struct Log: Sendable {
        let file: URL
        var start = 0
        var end: Int?
    }

    /// A start that failed and after which the stage was started again.
    struct Rerun: Sendable {
        let type: String
        let message: String
        let text: String
        let log: Log?
    }

    let group: String
    var name: String
    var location: SourceLocation?
    var seconds: Double = 0
    var outcome: Outcome = .passed
    var reruns: [Rerun] = []
    var properties: [(name: String, value: String)] = []
    var output: String?
    var log: Log?
}
