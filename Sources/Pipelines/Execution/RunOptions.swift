import Catalogue
import Foundation

/// How to run a pipeline.
package struct RunOptions: Sendable {
    package var forced: ForcedStages = .none
    /// After a failure, what doesn't depend on it goes on.
    package var keepGoing = false
    /// The most stages at once; nil for no limit but the cores.
    package var jobs: Int?
    /// The cores that all stages together may use.
    package var cores = ProcessInfo.processInfo.activeProcessorCount
    /// The bytes of memory that stages which declare theirs may declare together.
    package var memory = Int(ProcessInfo.processInfo.physicalMemory)
    /// What `baseline` in gates means; nil for what the pipeline names.
    package var baseline: Baseline?
    /// A gate that names earlier runs fails if they have no value for it, instead of passing.
    package var requiresBaseline = false
    /// The path of the pipeline file and the words of the command line, for the catalogue.
    package var file = ""
    package var commandLine: [String] = []
    /// Where the run is started from, for the catalogue.
    package var checkout: Checkout?
    /// The caller's environment, of which stages see what they declare.
    package var environment = ProcessInfo.processInfo.environment
    /// Signals that ask the run to end, by number.
    package var interrupts = AsyncStream<Int32> { $0.finish() }

    package init() {}
}
