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
        package fileprivate(set) var seconds: Double?
        package fileprivate(set) var extras = Extras()
        package fileprivate(set) var entries: [Entry] = []

        fileprivate init(_ name: String) { self.name = name }

        /// A suite that only says something.
        convenience init(properties: [Pair]) {
            self.init("")
            extras.properties = properties
        }

        /// Removes the last case that doesn't stand for its suite; false if there is none.
        fileprivate func removeLastCase() -> Bool {
            for index in entries.indices.reversed() {
                switch entries[index] {
                case .suite(let inner): if inner.removeLastCase() { return true }
                case .testCase(let item, _) where !item.isOfSuite:
                    entries.remove(at: index)
                    return true
                case .testCase: break
                }
            }
            return false
        }

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
    private var open: [Scope] = []
    /// Of the case or suite that is about to begin.
    private var attributes: [Pair] = []

    private enum Scope {
        case suite(Suite)
        case testCase(Extras)
    }

    package init() {}

    func reset() {
        root = Suite("")
        open = []
        attributes = []
    }

    private var current: Suite {
        for case .suite(let suite) in open.reversed() { return suite }
        return root
    }

    /// Changes the extras of the innermost case or suite.
    private func changeExtras(_ change: (inout Extras) -> Void) {
        if case .testCase(var extras)? = open.last {
            change(&extras)
            open[open.count - 1] = .testCase(extras)
        } else {
            change(&current.extras)
        }
    }

    /// An attribute of the suite or case that is about to begin.
    func note(_ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>) {
        attributes.append((String(cString: name), String(cString: value)))
    }

    func beginSuite(_ name: String) {
        let suite = Suite(name)
        suite.extras.attributes = attributes
        attributes = []
        current.entries.append(.suite(suite))
        open.append(.suite(suite))
    }

    /// What the suite says that it took.
    func set(time seconds: Double) { current.seconds = seconds }

    func endSuite() { _ = open.popLast() }

    func beginCase() {
        open.append(.testCase(Extras(attributes: attributes)))
        attributes = []
    }

    func add(property name: String, _ value: String) { changeExtras { $0.properties.append((name, value)) } }

    func add(output kind: String, _ text: String) { changeExtras { $0.outputs.append((kind, text)) } }

    /// The case that ends; or one that stands for its suite.
    ///
    /// - Parameter qualifier: The case's, where nothing else in a merged report would say it.
    func add(_ item: TestCase, isOfSuite: Bool, qualifier: String?) {
        var extras = Extras()
        if !isOfSuite, case .testCase(let own)? = open.popLast() { extras = own }
        if let qualifier { extras.properties.append((MergedReport.qualifier, qualifier)) }
        current.entries.append(.testCase(item, extras))
    }

    /// Takes back a case that the file ends within.
    func removeLastCase() { _ = root.removeLastCase() }
}
