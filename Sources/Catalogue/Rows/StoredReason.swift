/// Reasons of stages as earlier versions wrote them down.
package enum StoredReason {
    /// The reason without values of environment variables, which may be secrets: `environment.TOKEN: a → b` becomes
    /// `environment.TOKEN changed`.
    ///
    /// Variables stood behind all other differences, and a value may hold anything, so what follows the name is dropped.
    package static func withoutVariables(_ reason: String) -> String {
        guard reason.utf8.count > prefix.utf8.count, reason.contains(prefix) else { return reason }
        var rest = reason[...]
        while let range = rest.firstRange(of: prefix) {
            let isDifference = range.lowerBound == reason.startIndex || reason[..<range.lowerBound].hasSuffix(" ")
            let name = reason[range.upperBound...].prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
            let after = reason[name.endIndex...]
            if isDifference, !name.isEmpty, forms.contains(where: after.hasPrefix) {
                return reason[..<name.endIndex] + " changed"
            }
            rest = after
        }
        return reason
    }

    private static let prefix = "environment."
    private static let forms = [": ", " added (", " removed (was "]
}
