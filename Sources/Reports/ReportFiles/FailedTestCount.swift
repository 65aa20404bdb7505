import Foundation

/// What another format calls a test, and what the elements around it are called.
package struct NamedTest: Hashable, Sendable {
    package var names: Set<String> = []
    package var around: Set<String> = []

    package init(names: Set<String> = [], around: Set<String> = []) {
        self.names = names
        self.around = around
    }
}

/// How many tests a document of another format says failed: never more than did, where elements, attributes and sums say it of one
/// test several times over.
struct FailedTestCount {
    /// The numbers of the tests that the open elements are; nil for what is no test, or holds several.
    private var open: [Int?] = []
    private var begun = 0
    private var failed: Set<Int> = []
    /// What each open element is called, by attributes and elements such as `name`, and the tests that failed.
    private var names: [Set<String>] = []
    private var namesOfFailed: [Int: NamedTest] = [:]
    /// Of more failed tests, names aren't kept.
    private static let mostNamed = 100_000
    /// The greatest number of failures that is declared.
    private var declared = 0
    private var isAlarmed = false

    var value: Int { failed.isEmpty ? max(declared, isAlarmed ? 1 : 0) : failed.count }

    mutating func begin(_ name: String) {
        begun += 1
        names.append([])
        open.append(!open.isEmpty && Self.isTest(JUnitWords.normalized(name)) ? begun : nil)
    }

    mutating func end() {
        guard let last = open.popLast(), let own = names.popLast(), let test = last, failed.contains(test),
            namesOfFailed.count < Self.mostNamed
        else { return }
        namesOfFailed[test] = NamedTest(names: own, around: names.reduce(into: []) { $0.formUnion($1) })
    }

    /// Each test that failed, by its names as far as it has any.
    var failedTests: [NamedTest] { failed.sorted().map { namesOfFailed[$0] ?? NamedTest() } }

    /// A name of the current element, or of that which the current element is in and says the name of.
    ///
    /// - Parameter isText: Whether it is the element's text.
    mutating func note(name value: UnsafePointer<CChar>, of attribute: UnsafePointer<CChar>, isText: Bool) {
        let index = names.count - (isText ? 2 : 1)
        guard index >= 0, strnlen(value, 1000) < 1000, Self.nameWords.contains(JUnitWords.normalized(attribute)) else {
            return
        }
        let text = String(cString: value).trimmingCharacters(in: .whitespacesAndNewlines)
        if !text.isEmpty, names[index].count < 10 { names[index].insert(text) }
    }

    private static let nameWords: Set = [
        "name", "fullname", "methodname", "method", "testname", "test", "title", "description", "displayname",
        "signature",
        "class", "classname", "fixture", "suite", "type",
    ]

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
