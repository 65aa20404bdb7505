import Foundation

/// What the counts of a suite mean with writers that don't count cases, who are recognized by what only they write.
///
/// - Catch2 (`hostname="tbd"`) and doctest (four attributes, and every case says `status="run"` and no more): `tests` counts
///   assertions.
/// - Qt (the property `QTestVersion` or `QtVersion`): `errors` counts messages, `failures` also those of blacklisted tests.
struct JUnitCountHabits {
    /// Whether `errors` counts messages, and `failures` known failures, too.
    private(set) var isOfQt = false
    private var isOfCatch = false
    private var attributes: Set<String> = []
    private var hasOtherAttributes = false
    private var cases = 0
    private var casesThatRan = 0

    /// Whether `tests` counts assertions.
    var countsAssertions: Bool {
        isOfCatch || !hasOtherAttributes && attributes.count == 3 && cases > 0 && cases == casesThatRan
    }

    /// Takes an attribute of the suite other than its name.
    mutating func take(_ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>) {
        if strcmp(name, "hostname") == 0, strcmp(value, "tbd") == 0 { isOfCatch = true }
        if hasOtherAttributes { return }
        switch String(cString: name) {
        case let name where ["errors", "failures", "tests"].contains(name): attributes.insert(name)
        default: hasOtherAttributes = true
        }
    }

    mutating func take(property name: String) {
        if name == "QTestVersion" || name == "QtVersion" { isOfQt = true }
    }

    mutating func add(_ told: JUnitOpenCase) {
        cases += 1
        if told.isRunAlone { casesThatRan += 1 }
    }
}
