import Glibc

/// How many tests a document of another format says failed: never more than did, where elements, attributes and sums say it of one
/// test several times over.
struct FailedTestCount {
    /// The numbers of the tests that the open elements are; nil for what is no test, or holds several.
    private var open: [Int?] = []
    private var begun = 0
    private var failed: Set<Int> = []
    /// The greatest number of failures that is declared.
    private var declared = 0
    private var isAlarmed = false

    var value: Int { failed.isEmpty ? max(declared, isAlarmed ? 1 : 0) : failed.count }

    mutating func begin(_ name: String) {
        begun += 1
        open.append(!open.isEmpty && Self.isTest(JUnitWords.normalized(name)) ? begun : nil)
    }

    mutating func end() { _ = open.popLast() }

    /// Something says that the current element, or the test that it is of, failed.
    mutating func note() {
        isAlarmed = true
        if let test = open.lazy.reversed().compactMap(\.self).first { failed.insert(test) }
    }

    /// A count of the current element, by its name.
    mutating func note(_ value: UnsafePointer<CChar>, of name: @autoclosure () -> String) {
        // Most values aren't even numbers.
        guard value.pointee <= 0x39, strnlen(value, 20) < 20,
            JUnitCount.named[JUnitWords.normalized(name())]?.isOfFailures == true,
            let number = JUnitCount.number(String(cString: value))
        else { return }
        declared = max(declared, number)
    }

    /// Whether an element of this name is one test.
    private static func isTest(_ word: String) -> Bool {
        guard ["test", "case", "scenario"].contains(where: word.contains) else { return false }
        return !word.contains("suite")
            && !["run", "results", "tests", "cases", "scenarios", "log", "failure", "class", "set", "plan", "name"]
                .contains(where: word.hasSuffix)
    }
}
