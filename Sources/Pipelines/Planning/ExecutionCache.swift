import Artifacts

/// An earlier execution of a stage's key.
package struct CachedExecution: Sendable, Hashable {
    package let outputs: [String: Digest]
    package let metrics: [String: Double]
    /// Everything that must exist for the outputs to be whole: manifests and their members.
    package let objects: [Digest]

    package init(outputs: [String: Digest], metrics: [String: Double], objects: [Digest]) {
        self.outputs = outputs
        self.metrics = metrics
        self.objects = objects
    }
}

/// An earlier execution of another key, to compare a stage's key with.
package struct NearestExecution: Sendable, Hashable {
    /// The name of the stage that it was first seen as, if that is known.
    package let stage: String?
    package let document: JSONValue

    package init(stage: String?, document: JSONValue) {
        self.stage = stage
        self.document = document
    }
}

/// The past, as planning sees it: a store with its catalogue, or a double in memory.
package protocol ExecutionCache: Sendable {
    /// Says that the stages of this pipeline are about to be looked up, so that much can be had by one question.
    func prepare(for pipeline: String) throws
    /// The execution of a key; one that is on file but unknown to the catalogue is adopted by it.
    func execution(_ key: Digest, stage: String) throws -> CachedExecution?
    /// Why an execution that is on file, or once was, can't be used; nil if the key was never executed, as far as is known.
    func loss(of key: Digest) throws -> String?
    /// The latest execution of the same stage name, else of the same kind, in runs of the pipeline that was prepared for.
    func nearestExecution(stage: String, kind: String, document: JSONValue) throws -> NearestExecution?
    /// Whether any execution of a kind has a key document for which this holds.
    func hasExecution(ofKind kind: String, where holds: (JSONValue) -> Bool) throws -> Bool
    /// One look at file metadata, as long as nobody touched the file.
    func state(of object: Digest) -> ObjectState
    /// What an artifact consists of; nil if it can't be read.
    func manifest(_ artifact: Digest) -> Manifest?
}

extension ExecutionCache {
    package func manifest(_ artifact: Digest) -> Manifest? { nil }
    package func prepare(for pipeline: String) throws {}
    /// As far as is known there may be one.
    package func hasExecution(ofKind kind: String, where holds: (JSONValue) -> Bool) throws -> Bool { true }
}
