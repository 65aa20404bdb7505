import Evaluation
import Pipelines
import Stages

extension TaskRegistry {
    /// Every task that comes with `calm`: to add one, a folder and a line here.
    package static let builtIn = TaskRegistry(
        tasks: [
            KeyValueArithmetic.self,
            Translation.self,
        ],
        tokenizers: [
            .huggingFace,
            .gguf,
        ],
        judges: [
            SameText(),
            FirstLine(),
            Beginning(),
        ])
}

package enum BuiltInTasks: TaskList {
    package static var tasks: TaskRegistry { .builtIn }
}

extension StageRegistry {
    /// Every stage kind that comes with `calm`.
    package static let builtIn = StageRegistry(genericKinds(BuiltInTasks.self) + TaskRegistry.builtIn.kinds)
}
