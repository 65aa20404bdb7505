/// A suite, or a root around suites, between its beginning and its end.
struct JUnitSuite {
    /// Whether it is a part of its cases' names; a root isn't.
    let isNamed: Bool
    var name = ""
    /// As it is written.
    var time: String?
    var counts = JUnitDeclaredCounts()
    /// With those of the suites around it.
    var marks: JUnitMarks
    /// Whether its cases may have a qualifier for them.
    var hasMarks = false
    /// Whether it lies within a case.
    var isInCase = false
    private(set) var output = ""

    init(isNamed: Bool, in outer: JUnitSuite?) {
        self.isNamed = isNamed
        marks = outer?.marks ?? JUnitMarks()
    }

    /// Keeps an output for the case that stands for what the suite declares and doesn't hold; of several, the errors'.
    mutating func note(output text: String, isOfErrors: Bool) {
        if output.isEmpty || (isOfErrors && !text.isEmpty) { output = text }
    }
}
