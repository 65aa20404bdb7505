/// What a test is called: its identity over runs.
package struct TestName: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The names of the suites around it, outermost first, joined by `/`.
    package let suite: String
    package let className: String
    package let name: String
    /// What else tells it from tests with the same names, such as its file; empty if nothing does.
    package let qualifier: String

    package init(suite: String, className: String, name: String, qualifier: String = "") {
        self.suite = suite
        self.className = className
        self.name = name
        self.qualifier = qualifier
    }

    /// The test with the same names and another qualifier.
    package func with(_ qualifier: String) -> TestName {
        TestName(suite: suite, className: className, name: name, qualifier: qualifier)
    }

    package static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.suite, lhs.className, lhs.name, lhs.qualifier) < (rhs.suite, rhs.className, rhs.name, rhs.qualifier)
    }

    /// Suite, class and name, empty ones left out: `pytest::tests.test_a::test_x`.
    package var description: String { text() }
}

extension TestName {
    package var json: JSONValue {
        .object([
            "suite": .string(suite), "class": .string(className), "name": .string(name),
            "qualifier": .string(qualifier),
        ])
    }

    /// A text without a qualifier, as earlier versions wrote it, reads as one with an empty qualifier.
    init?(json: JSONValue?) {
        guard let fields = json?.members, let suite = fields["suite"]?.text, let className = fields["class"]?.text,
            let name = fields["name"]?.text
        else { return nil }
        self.init(suite: suite, className: className, name: name, qualifier: fields["qualifier"]?.text ?? "")
    }

    /// Names the files of what is said of this test; without a qualifier as before there were any.
    var digest: Digest {
        var fields = json.members ?? [:]
        if qualifier.isEmpty { fields["qualifier"] = nil }
        return Digest(of: Array(("calm test\n" + JSONValue.object(fields).canonical).utf8))
    }
}
