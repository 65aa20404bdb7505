import Foundation

/// The whole of `pipelines/kv-arithmetic.yaml`, from an empty store, by the `calm` that was built beside this program.
var pipelineRow: Row {
    Row(
        "pipeline", "calm run pipelines/kv-arithmetic.yaml from an empty store", limit: 45
    ) { bench in
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("calm")
        let file = "pipelines/kv-arithmetic.yaml"
        for needed in [program.path, file] where !FileManager.default.fileExists(atPath: needed) {
            bench.note("\(needed) is missing: build everything, and run this where Package.swift is")
            return []
        }
        return [
            Contender("calm", .ours) { _ in
                let store = bench.folder.appendingPathComponent("store-\(UUID().uuidString)")
                defer { try? FileManager.default.removeItem(at: store) }
                let process = Process()
                process.executableURL = program
                process.arguments = ["run", file, "--store", store.path, "--jobs", String(bench.threads)]
                process.standardOutput = FileHandle.nullDevice
                process.standardError = FileHandle.nullDevice
                let time = try seconds {
                    try process.run()
                    process.waitUntilExit()
                }
                guard process.terminationStatus == 0 else {
                    throw PeerError("calm run ended with \(process.terminationStatus)")
                }
                return time
            }
        ]
    }
}
