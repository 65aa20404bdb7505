import Artifacts
import Foundation
import JSONReading
import LanguageModels
import Pipelines

/// What a command's output can be declared to be. Each refuses what is empty: a program that wrote nothing has failed.
enum CommandForms: OutputForms {
    static let all = [
        OutputForm("text", "text in UTF-8") { try check($0, $1, text) },
        OutputForm("jsonl", "JSONL, a JSON object a line") { try check($0, $1, objects) },
        OutputForm("model", "a model, a GGUF file or a folder with config.json", type: .pretrainedModel) {
            path, isFolder in
            let file =
                isFolder && !FileManager.default.fileExists(atPath: path + "/config.json") ? try gguf(path) : path
            try reportingBadInput(isFolder ? "the folder" : "the file", path) { try TextModel(path: file).check() }
        },
    ]

    /// Checks the file, or each in the folder: one of them has to have something in it.
    private static func check(
        _ path: String, _ isFolder: Bool, _ body: (Data, _ place: String) throws -> Bool
    ) throws {
        var isFull = false
        for name in isFolder ? try files(path) : [""] {
            let file = URL(fileURLWithPath: isFolder ? "\(path)/\(name)" : path)
            let bytes = try Data(contentsOf: file, options: .mappedIfSafe)
            if try body(bytes, isFolder ? "\(name), line" : "line") { isFull = true }
        }
        if !isFull { throw StageFailure(.failed, "there is nothing in it") }
    }

    /// The files in the folder and those below it, by their paths in it.
    private static func files(_ folder: String) throws -> [String] {
        var isFolder: ObjCBool = false
        return try FileManager.default.subpathsOfDirectory(atPath: folder).sorted().filter {
            FileManager.default.fileExists(atPath: "\(folder)/\($0)", isDirectory: &isFolder) && !isFolder.boolValue
        }
    }

    private static func gguf(_ folder: String) throws -> String {
        let names = try files(folder).filter { $0.hasSuffix(".gguf") }
        guard let name = names.first, names.count == 1 else {
            throw StageFailure(.failed, "it has neither config.json nor one .gguf file")
        }
        return "\(folder)/\(name)"
    }

    private static func text(_ bytes: Data, _ place: String) throws -> Bool {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            let line = bytes.prefix(UTF8.validCount(of: bytes)).count { $0 == 0x0A } + 1
            throw StageFailure(.failed, "\(place) \(line) has bytes that are not UTF-8")
        }
        return bytes.contains { !isBlank($0) }
    }

    private static func objects(_ bytes: Data, _ place: String) throws -> Bool {
        var isFull = false
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
        where !line.allSatisfy(isBlank) {
            let node: JSONNode
            do {
                node = try JSONNode(parsing: Array(line))
            } catch {
                throw StageFailure(.failed, "\(place) \(index + 1), column \(error.column): \(error.message)")
            }
            guard node.members != nil else {
                throw StageFailure(.failed, "\(place) \(index + 1) is \(node.kind), expected an object")
            }
            isFull = true
        }
        return isFull
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
