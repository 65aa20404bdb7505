import Artifacts
import Foundation

/// All that a worker needs to run one stage: one line of JSON on its standard input.
package struct WorkerRequest: Sendable {
    package let store: URL
    package let stage: String
    /// Kind, version and parameters are read from it.
    package let key: StageKey
    /// The parameters that aren't in the key.
    package var unkeyedParameters: [String: JSONValue] = [:]
    package let inputs: [String: [BoundInput]]
    package let environment: [String: String?]
    package let threads: Int
    package let log: URL
    /// The folder of the pipeline's file, for messages; empty if it isn't known.
    package var pipelineFolder = ""
    /// Runs even if the key has been executed.
    package let isForced: Bool

    package init(
        store: URL, stage: String, key: StageKey, inputs: [String: [BoundInput]], environment: [String: String?],
        threads: Int, log: URL, isForced: Bool
    ) {
        self.store = store
        self.stage = stage
        self.key = key
        self.inputs = inputs
        self.environment = environment
        self.threads = threads
        self.log = log
        self.isForced = isForced
    }
}

extension WorkerRequest {
    /// The request as one line, without its line feed.
    package var line: String {
        let inputs = inputs.mapValues { inputs in
            JSONValue.array(
                inputs.map {
                    .object([
                        "digest": .string($0.digest.hex), "origin": .string($0.origin.rawValue),
                        "label": .string($0.label),
                    ])
                })
        }
        let request: [String: JSONValue] = [
            "store": .string(store.path), "stage": .string(stage), "key": key.document,
            "unkeyed": .object(unkeyedParameters), "inputs": .object(inputs),
            "environment": .object(environment.mapValues { $0.map(JSONValue.string) ?? .null }),
            "threads": .int(threads), "log": .string(log.path), "pipelineFolder": .string(pipelineFolder),
            "forced": .bool(isForced),
        ]
        return JSONValue.object(request).canonical
    }

    /// Reads a request.
    ///
    /// - Throws: `StageFailure` if it isn't one: `calm worker` is started by `calm run`, from the same binary.
    package init(line: String) throws {
        do {
            let fields = try MessageFields(JSONValue(parsing: line.utf8))
            store = URL(fileURLWithPath: try fields.string("store"), isDirectory: true)
            stage = try fields.string("stage")
            key = StageKey(document: .object(try fields.object("key")))
            unkeyedParameters = try fields.object("unkeyed")
            inputs = try fields.object("inputs").mapValues { try MessageFields.array($0).map(BoundInput.init(json:)) }
            environment = try fields.object("environment").mapValues { value in
                if case .string(let text) = value { text } else { nil }
            }
            threads = try fields.int("threads")
            log = URL(fileURLWithPath: try fields.string("log"), isDirectory: false)
            isForced = try fields.bool("forced")
            pipelineFolder = try fields.string("pipelineFolder")
        } catch {
            throw StageFailure(.failed, "not a worker's request (`calm run` starts workers by itself): \(error)")
        }
    }
}

extension BoundInput {
    fileprivate init(json: JSONValue) throws {
        let fields = try MessageFields(json)
        self.init(
            digest: try fields.digest("digest"),
            origin: try fields.word("origin"),
            label: try fields.string("label"))
    }
}
