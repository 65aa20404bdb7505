/// What a test is called: its identity over runs.
package struct TestName: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The names of the suites around it, outermost first, joined by `/`.
    package let suite: String
    package let className: String
    package let name: String

    package init(suite: String, className: String, name: String) {
        self.suite = suite
        self.className = className
        self.name = name
    }

    /// `suite::class::name` in full, parts that are empty included; nil for a text with another count of parts.
    ///
    /// For tests that nobody has seen yet; a name that holds `::` itself can't be said so.
    package init?(parsing text: String) {
        var parts = [""]
        var rest = text[...]
        while let character = rest.first {
            if rest.hasPrefix("::") {
                parts.append("")
                rest.removeFirst(2)
            } else {
                parts[parts.count - 1].append(character)
                rest.removeFirst()
            }
        }
        guard parts.count == 3, !parts[2].isEmpty else { return nil }
        self.init(suite: parts[0], className: parts[1], name: parts[2])
    }

    package static func < (lhs: Self, rhs: Self) -> Bool {
        (lhs.suite, lhs.className, lhs.name) < (rhs.suite, rhs.className, rhs.name)
    }

    /// Suite, class and name, what is empty left out: `pytest::tests.test_a::test_x`.
    package var description: String { [suite, className, name].filter { !$0.isEmpty }.joined(separator: "::") }

    /// The same with what is empty, which no other test has: `pytest::::test_x`.
    package var withEmptyParts: String { "\(suite)::\(className)::\(name)" }
}

extension TestName {
    package var json: JSONValue {
        .object(["suite": .string(suite), "class": .string(className), "name": .string(name)])
    }

    init?(json: JSONValue?) {
        guard let fields = json?.members, let suite = fields["suite"]?.text, let className = fields["class"]?.text,
            let name = fields["name"]?.text
        else { return nil }
        self.init(suite: suite, className: className, name: name)
    }

    /// Names the files of what is said of this test.
    var digest: Digest { Digest(of: Array(("calm test\n" + json.canonical).utf8)) }
}
