/// Why a file wasn't read as a JUnit report.
enum JUnitProblem: Error, Hashable {
    /// It isn't well-formed XML; another way of reading may get something out of it.
    case malformed(String)
    /// A section or comment without an end of its own seems to have swallowed what follows it.
    case swallowed
    /// It exceeds a limit of libxml2, which another way of reading doesn't have.
    case limit(String)
    /// It is no JUnit report, or one that mustn't be read.
    case refused(String)
    /// It is another document.
    case foreign(String)

    var reason: String {
        switch self {
        case .malformed(let reason), .limit(let reason), .refused(let reason), .foreign(let reason): reason
        case .swallowed: "a section or comment without an end of its own seems to have swallowed what follows it"
        }
    }

    /// Whether another way of reading may get something out of the file.
    var hasOtherWays: Bool {
        switch self {
        case .malformed, .swallowed, .limit: true
        case .refused, .foreign: false
        }
    }
}

/// A file that isn't ingested, and why.
package struct RefusedReport: Error, Hashable, CustomStringConvertible {
    package let file: String
    package let reason: String
    /// Whether it is some other document rather than a broken or hostile report.
    package let isForeign: Bool

    package init(file: String, reason: String, isForeign: Bool) {
        self.file = file
        self.reason = reason
        self.isForeign = isForeign
    }

    package var description: String { "\(file) isn't ingested: \(reason)" }

    /// The same of a file that messages call otherwise, since it was unpacked or copied to be read.
    package func named(_ name: String) -> RefusedReport {
        RefusedReport(file: name, reason: reason, isForeign: isForeign)
    }
}
