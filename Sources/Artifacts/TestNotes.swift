/// That failures of a test don't count up to the end of a day: the file `tests/quarantined/ID.json`.
package struct QuarantinedTest: Hashable, Sendable {
    package let test: TestName
    /// The last day, `2026-12-31`, in UTC; texts of this form sort as days do.
    package let until: String
    package let reason: String
    /// Seconds since 1970.
    package let since: Double
    /// Whether it is from before tests had qualifiers, and so of every test with these names.
    package let isOfEveryQualifier: Bool

    package init(test: TestName, until: String, reason: String, since: Double, isOfEveryQualifier: Bool = false) {
        self.test = test
        self.until = until
        self.reason = reason
        self.since = since
        self.isOfEveryQualifier = isOfEveryQualifier
    }
}

/// That a test was renamed: what was said of `old` is said of `new`. The file `tests/aliases/ID.json`.
package struct TestAlias: Hashable, Sendable {
    package let old: TestName
    package let new: TestName
    /// Seconds since 1970.
    package let since: Double
    /// Whether it is from before tests had qualifiers, and so of every test with the old names.
    package let isOfEveryQualifier: Bool

    package init(old: TestName, new: TestName, since: Double, isOfEveryQualifier: Bool = false) {
        self.old = old
        self.new = new
        self.since = since
        self.isOfEveryQualifier = isOfEveryQualifier
    }
}

/// What a person says of a test, a file each, so that it outlives the catalogue.
package protocol TestNote: Hashable, Sendable {
    /// The folder below `tests/`.
    static var folder: String { get }
    /// What the file says it is.
    static var kind: String { get }
    /// The test whose file it is: one note of a kind for each.
    var subject: TestName { get }
    var fields: [String: JSONValue] { get }
    /// Whether a test that it names has a qualifier.
    var hasQualifiers: Bool { get }
    init?(fields: [String: JSONValue])
}

extension QuarantinedTest: TestNote {
    package static var folder: String { "quarantined" }
    package static var kind: String { "quarantined test" }
    package var subject: TestName { test }
    package var hasQualifiers: Bool { !test.qualifier.isEmpty }

    package var fields: [String: JSONValue] {
        ["test": test.json, "until": .string(until), "reason": .string(reason), "since": .double(since)]
    }

    package init?(fields: [String: JSONValue]) {
        // Days are compared as text.
        guard let test = TestName(json: fields["test"]), let until = fields["until"]?.text,
            until.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}/) != nil, let reason = fields["reason"]?.text,
            let since = fields["since"]?.number
        else { return nil }
        self.init(
            test: test, until: until, reason: reason, since: since,
            isOfEveryQualifier: fields["test"]?.members?["qualifier"] == nil)
    }
}

extension TestAlias: TestNote {
    package static var folder: String { "aliases" }
    package static var kind: String { "test alias" }
    package var subject: TestName { old }
    package var hasQualifiers: Bool { !old.qualifier.isEmpty || !new.qualifier.isEmpty }

    package var fields: [String: JSONValue] { ["old": old.json, "new": new.json, "since": .double(since)] }

    package init?(fields: [String: JSONValue]) {
        guard let old = TestName(json: fields["old"]), let new = TestName(json: fields["new"]),
            let since = fields["since"]?.number
        else { return nil }
        self.init(
            old: old, new: new, since: since, isOfEveryQualifier: fields["old"]?.members?["qualifier"] == nil)
    }
}
