import Foundation
import Pipelines
import Tasks
import Testing

@Suite("The pipelines that the project carries") struct CommittedPipelineTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("pipelines")

    @Test("each is valid, the files that it names and the metrics of its gates included")
    func valid() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter {
            $0.hasSuffix(".yaml")
        }
        #expect(files.contains("kv-arithmetic.yaml") && files.contains("text.yaml"))
        for file in files {
            let path = Self.folder.appendingPathComponent(file).path
            #expect(throws: Never.self, "\(file)") {
                try PipelineLoader().load(
                    text: String(contentsOfFile: path, encoding: .utf8), name: path, registry: .builtIn)
            }
        }
    }
}
