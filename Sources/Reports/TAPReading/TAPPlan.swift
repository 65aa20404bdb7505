import Catalogue

/// How many tests were planned, and which of them came.
struct TAPPlan {
    private(set) var planned: Int?
    /// Whether the plan came behind tests.
    private(set) var isAtEnd = false
    private(set) var count = 0
    /// Numbers beyond the next, and such as came twice or weren't planned.
    private var ahead: Set<Int> = []
    private var repeated: Int?
    private var next = 1

    mutating func plan(_ number: Int) {
        planned = number
        isAtEnd = count > 0
    }

    /// A result.
    mutating func take(_ number: Int?) {
        count += 1
        let number = number ?? next
        if number == next {
            next += 1
            while ahead.remove(next) != nil { next += 1 }
        } else if number < next || !ahead.insert(number).inserted {
            repeated = repeated ?? number
        }
    }

    /// Whether what was planned is there.
    var isFulfilled: Bool { planned == count && problem == nil }

    /// Why the results aren't what was planned, in words that follow a plan's name; nil if they are.
    var problem: String? {
        if let planned, planned != count { return "says \(counted(planned, "test")), found \(count)" }
        if !ahead.isEmpty { return "is not fulfilled: the result of test \(next) is missing" }
        return repeated.map { "is not fulfilled: test \($0) has two results" }
    }
}
