import Catalogue

/// All that a JUnit report says, in order, for those who write it again.
package final class JUnitTranscript {
    package typealias Pair = (name: String, value: String)

    /// What suites and cases have alike.
    package struct Extras {
        /// Other attributes than those that the reader makes something of.
        package var attributes: [Pair] = []
        package var properties: [Pair] = []
        /// `system-out` and `system-err`.
        package var outputs: [Pair] = []
    }

    package final class Suite {
        package let name: String
        package fileprivate(set) var extras = Extras()
        package fileprivate(set) var entries: [Entry] = []

        fileprivate init(_ name: String) { self.name = name }

        /// Without the suites in it.
        var withCasesOnly: Suite {
            let copy = Suite(name)
            copy.extras = extras
            copy.entries = entries.filter { if case .testCase = $0 { true } else { false } }
            return copy
        }
    }

    package enum Entry {
        case suite(Suite)
        case testCase(TestCase, Extras)
    }

    /// Stands for the root: what is in no suite is in it.
    package private(set) var root = Suite("")
    private var open: [Suite] = []
    /// Of the case or suite that began last.
    private var pending = Extras()
    private var isInCase = false

    package init() {}

    func reset() {
        root = Suite("")
        open = []
        pending = Extras()
        isInCase = false
    }

    private var current: Suite { open.last ?? root }

    /// An attribute of the suite or case that is about to begin.
    func note(_ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>) {
        pending.attributes.append((String(cString: name), String(cString: value)))
    }

    func beginSuite(_ name: String) {
        let suite = Suite(name)
        suite.extras = pending
        pending = Extras()
        current.entries.append(.suite(suite))
        open.append(suite)
    }

    func endSuite() { _ = open.popLast() }

    func beginCase() { isInCase = true }

    func add(property name: String, _ value: String) {
        if isInCase {
            pending.properties.append((name, value))
        } else {
            current.extras.properties.append((name, value))
        }
    }

    func add(output kind: String, _ text: String) {
        if isInCase { pending.outputs.append((kind, text)) } else { current.extras.outputs.append((kind, text)) }
    }

    /// The case that ends.
    func add(_ item: TestCase) {
        current.entries.append(.testCase(item, pending))
        pending = Extras()
        isInCase = false
    }

    /// Takes back a case that the file ends within.
    func removeLastCase() {
        var suite = root
        while case .suite(let inner)? = suite.entries.last { suite = inner }
        if case .testCase? = suite.entries.last { suite.entries.removeLast() }
    }
}
