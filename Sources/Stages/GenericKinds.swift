import Pipelines

/// The stage kinds that know no task: to add one, a file and a line here.
package func genericKinds<List: TaskList>(_: List.Type) -> [any StageKind.Type] {
    [
        CommandKind<CommandForms>.self,
        FileSource.self,
        URLSource.self,
        HuggingFaceSource.self,
        PythonPackageSource.self,
        ModelImportStage.self,
        WithTasks<ModelPerplexityStage, List>.self,
        WithTasks<ModelGenerateStage, List>.self,
        WithTasks<ModelScoreStage, List>.self,
        TextCorpusStage.self,
        WithTasks<ExamplesStage, List>.self,
        FewShotStage.self,
        OtherPromptsStage.self,
        SampleStage.self,
        TokenizerTrainStage.self,
        WithTasks<CorpusStage, List>.self,
        WithTasks<TrainStage, List>.self,
        WithTasks<ComposeStage, List>.self,
        WithTasks<EvaluateStage, List>.self,
        WithTasks<AnswersStage, List>.self,
        WithTasks<TextPerplexityStage, List>.self,
        SelectStage.self,
        TableStage.self,
        SummaryStage.self,
        CompareStage.self,
    ]
}
