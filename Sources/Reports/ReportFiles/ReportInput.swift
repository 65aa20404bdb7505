import Foundation

/// A file to be read as a report.
package struct ReportInput: Hashable, Sendable {
    /// What records and messages call it: its name, or its path below the folder that was named.
    package let name: String
    /// Where its bytes are, uncompressed.
    package let url: URL
    /// What was named on the command line: the file itself, or a folder or an archive that it is in.
    package let origin: String
    /// Whether it was named itself: other documents in a folder are passed over, one that was named is refused.
    package let isNamed: Bool
    /// When it was last written, in seconds since 1970; nil where that says nothing.
    package let modifiedAt: Double?

    /// What messages call it: its path as it was named.
    package let shown: String

    package init(
        name: String, url: URL, origin: String, isNamed: Bool, modifiedAt: Double? = nil, shown: String? = nil
    ) {
        self.name = name
        self.url = url
        self.origin = origin
        self.isNamed = isNamed
        self.modifiedAt = modifiedAt
        self.shown = shown ?? origin
    }
}

/// Something that was named, or is in a folder that was, and can't be read.
package struct UnreadableReport: Hashable, Sendable {
    package let name: String
    package let origin: String
    package let refusal: RefusedReport

    package init(name: String, origin: String, refusal: RefusedReport) {
        self.name = name
        self.origin = origin
        self.refusal = refusal
    }
}
