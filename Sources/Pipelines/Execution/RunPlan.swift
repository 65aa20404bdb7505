import Artifacts
import Foundation
import Synchronization

/// The stages of a run that hasn't ended: the file `plan.json` in its folder, locked as long as the run's process lives.
///
/// It tells a run under way from one that was killed, and names the stages that the catalogue doesn't know of yet. A run that
/// ends removes it.
///
/// ```
/// {"calm": "run-plan", "format": 1, "stages": ["corpus", "scores[model=a]", …]}
/// ```
package struct RunPlan: Hashable, Sendable {
    /// In the pipeline's order.
    package let stages: [String]
    /// Whether the run's process still lives.
    package let isUnderWay: Bool

    private static let format = 1

    static func file(in folder: URL) -> URL { folder.appendingPathComponent("plan.json", isDirectory: false) }

    /// The plan in a run's folder; nil if it has none, or one that can't be read.
    package init?(in folder: URL) {
        let file = Self.file(in: folder)
        do {
            // Made by nobody but the run: it may end, and remove its plan, just now.
            _ = try FileLock.sharedIfPresent(file)
            isUnderWay = false
        } catch {
            if (error as? StoreError)?.code == .missing { return nil }
            isUnderWay = (error as? StoreError)?.code == .locked
        }
        guard let bytes = try? Data(contentsOf: file), let fields = (try? JSONValue(parsing: bytes))?.members,
            fields["calm"]?.text == "run-plan", fields["format"]?.integer == Self.format,
            case .array(let names) = fields["stages"]
        else { return nil }
        stages = names.compactMap(\.text)
    }

    static func text(of stages: [String]) -> String {
        JSONValue.object([
            "calm": .string("run-plan"), "format": .int(format), "stages": .array(stages.map(JSONValue.string)),
        ]).canonical + "\n"
    }

    /// The name of a stage's log: `03-scores-model-composed-task-kv-subs.log`.
    static func logName(of stage: String, position: Int) -> String {
        let plain = stage.replacing("]", with: "").map { character in
            character.isASCII && (character.isLetter || character.isNumber || "._-".contains(character))
                ? character : "-"
        }
        let number = String(format: "%02d", position + 1)
        return "\(number)-\(String(plain.prefix(150))).log"
    }

    /// The name of the log that a stage has as soon as it is started; nil if the run has no such stage.
    package func logName(of stage: String) -> String? {
        stages.firstIndex(of: stage).map { Self.logName(of: stage, position: $0) }
    }
}

/// The lock on a run's plan, held by the run.
final class RunPlanLock: Sendable {
    private let lock = Mutex<FileLock?>(nil)

    /// Writes the plan. A run does without it if it can't be written: only its onlookers know less then.
    func take(_ stages: [String], in folder: URL) {
        let file = RunPlan.file(in: folder)
        // Locked first: whoever finds it unlocked takes the run for dead.
        guard let taken = try? FileLock.exclusive(file, wait: true) else { return }
        lock.withLock { $0 = taken }
        // In its place, since the lock is on this very file.
        try? Data(RunPlan.text(of: stages).utf8).write(to: file)
    }

    /// Removes the plan of a run that has ended.
    func release() {
        lock.withLock { lock in
            lock?.removeFile()
            lock = nil
        }
    }
}
