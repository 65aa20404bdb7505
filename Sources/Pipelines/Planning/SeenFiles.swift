import Artifacts

/// The files beside the pipeline as they were in one pass over its stages: each file, folder and glob is looked at once, however
/// many stages name it.
///
/// A pass ends before any stage is waited for, so what is edited while stages run is seen by those that start afterwards.
struct SeenFiles {
    private var artifacts: [String: [FileReference: Digest]] = [:]

    /// The artifacts of the files that a stage's inputs name; those not seen yet are imported together.
    ///
    /// - Throws: what the import does; then nothing of it counts as seen.
    mutating func artifacts(of stage: ResolvedStage, from files: any FileImporting) throws -> [FileReference: Digest] {
        let references = stage.inputs.values.joined().compactMap { reference in
            if case .beside(let file) = reference { file } else { nil }
        }
        guard !references.isEmpty else { return [:] }
        let folder = stage.location.file.lastIndex(of: "/").map { String(stage.location.file[...$0]) } ?? ""
        let new = references.filter { artifacts[folder]?[$0] == nil }
        if !new.isEmpty {
            let digests = try files.artifacts(of: new, below: folder)
            for (reference, digest) in zip(new, digests) { artifacts[folder, default: [:]][reference] = digest }
        }
        return artifacts[folder] ?? [:]
    }
}
