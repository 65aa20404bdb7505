import ArgumentParser
import Catalogue

/// When a test is called flaky.
struct FlakyOptions: ParsableArguments {
    @Option(name: .customLong("runs"), help: "How many of the latest runs of each job and branch are looked at.")
    var runs = FlakyRules().runs

    @Option(help: "How many switches between passed and failed in those runs make a test flaky.")
    var switches = FlakyRules().switches

    var rules: FlakyRules { FlakyRules(runs: runs, switches: switches) }

    func validate() throws {
        if runs < 1 { throw ValidationError("--runs takes 1 or more, found \(runs)") }
        if switches < 1 { throw ValidationError("--switches takes 1 or more, found \(switches)") }
    }
}

/// When a test is called slower than before.
struct SlownessOptions: ParsableArguments {
    @Option(help: "How many of a test's latest passing durations are looked at.")
    var last = SlownessRules().last

    @Option(
        name: .customLong("k"),
        help: "Slower is more than the median of those and k times their median absolute deviation,")
    var deviations = SlownessRules().deviations

    @Option(name: .customLong("min-seconds"), help: "by more than so many seconds,")
    var seconds = SlownessRules().seconds

    @Option(name: .customLong("min-durations"), help: "if there are at least so many.")
    var least = SlownessRules().least

    var rules: SlownessRules { SlownessRules(last: last, deviations: deviations, seconds: seconds, least: least) }

    func validate() throws {
        if last < 1 || last > 10_000 { throw ValidationError("--last takes 1 to 10000, found \(last)") }
        if !(deviations >= 0) { throw ValidationError("--k takes 0 or more, found \(deviations)") }
        if !(seconds >= 0) { throw ValidationError("--min-seconds takes 0 or more, found \(seconds)") }
        if least < 1 { throw ValidationError("--min-durations takes 1 or more, found \(least)") }
    }
}
