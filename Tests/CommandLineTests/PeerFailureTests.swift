import Foundation
import Testing

/// Where the engines that people use instead fail them, and the test that says so of `calm`, by its name.
private let peerFailures: [(failure: String, test: String)] = [
    (
        "DVC: a parameter that is dropped is ignored",
        "adding or removing a parameter changes the key, even at its default"
    ),
    ("DVC, redun: a tool's change reruns nothing", "a kind's version, and a stage's change of kind, come first"),
    (
        "DVC, Snakemake: the environment reruns nothing",
        "the program sees the variables that are passed on or set, and no other; their values are in the key"
    ),
    (
        "DVC: an input edited during the run is taken for what was read",
        "a file edited, replaced or deleted while the stage that reads it runs: the result is of what was bound"
    ),
    (
        "Snakemake, Nextflow: content counts for small files or when asked for",
        "a file whose bytes changed while its size and modification time did not is read again"
    ),
    (
        "Snakemake, make: a touched file reruns its readers",
        "an input file is bound by content: an edit reruns, a touch doesn't"
    ),
    (
        "Snakemake: no early cutoff within a run",
        "early cutoff: a stage that reruns and gives the same bytes stops the change"
    ),
    ("DVC: stages don't run in parallel", "stages run side by side within the cores, and one at a time with one job"),
    (
        "DVC: no retries",
        "a failed stage is started again, as often as it says, with a longer pause each time"
    ),
    (
        "DVC: no resources",
        "a stage over its memory is stopped and said to be, and the rest goes on under --keep-going"
    ),
    ("DVC, Snakemake: a failing stage takes its old outputs along", "a failing stage leaves earlier results untouched"),
    (
        "Snakemake, Nextflow: after kill -9 the next run needs manual steps",
        "when the coordinator is killed its workers end, and the next run needs no manual step"
    ),
    (
        "all: nothing resumes inside a stage",
        "kill -9 in mid-training, then run again: it resumes by itself and ends with the same artifacts, bit for bit"
    ),
    (
        "Snakemake, DVC: lock files of dead processes stay",
        "on a store that isn't there yet, those that are killed leave no lock behind: the others finish"
    ),
    (
        "DVC, Nextflow: contention for locks, and \"database is locked\"",
        "every stage executes once in all, nobody waits for ever or hears of locks, and readers aren't blocked"
    ),
    (
        "DVC, Nextflow: reruns that nobody can explain",
        "why follows the chain to the edit that began it, before and now, with the pipeline file gone"
    ),
    (
        "DVC: status says fine over a corrupt cache",
        "a damaged object of a cached stage is seen by plan and by the next run, which makes it anew, without a verify"
    ),
    (
        "DVC, Bazel: a damaged cache entry is used",
        "a damaged input is never used: the stage that reads it fails or has it made anew"
    ),
    (
        "DVC: gc doesn't say what it deletes",
        "what only an earlier run needs goes, each with the stage and the run that used it; the rest stays whole"
    ),
    (
        "DVC: gc removes what a run needs",
        "a collection waits for a run under way, and what a killed run had done stays"
    ),
    (
        "DVC, Snakemake: slow with many files and stages",
        "10,000 stages side by side in a new store are planned in seconds, not minutes"
    ),
    ("DVC, redun: doing nothing takes a second", "a no-op run of 30 stages takes milliseconds"),
    (
        "all but tests in Bazel: no JUnit report of the pipeline",
        "a run's end is its exit code, its document's and its JUnit report's"
    ),
    (
        "make, DVC: a change taken back runs again",
        "a stage that fails leaves what it gave before, and the change taken back finds it"
    ),
]

@Suite("Where other engines fail their users") struct PeerFailureTests {
    @Test("there is a test for each of their failures")
    func covered() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        let own = URL(fileURLWithPath: #filePath).lastPathComponent
        let sources = try (files?.allObjects as? [URL] ?? [])
            .filter { $0.pathExtension == "swift" && $0.lastPathComponent != own }
            .map { try String(contentsOf: $0, encoding: .utf8) }
        for (failure, test) in peerFailures {
            let escaped = test.replacing("\"", with: "\\\"")
            let found = sources.count { $0.contains("\"\(escaped)\"") }
            #expect(found == 1, "\(failure): \(found) tests are named '\(test)'")
        }
    }
}
