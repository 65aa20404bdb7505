import Foundation
import Testing

@Suite("Ctrl-C and SIGTERM, whenever they come") struct DurabilityInterruptTests {
    /// A person or a CI server signals the coordinator; some, such as Jenkins, every process of a run, children first.
    enum Sending: String, CaseIterable {
        case interrupt = "SIGINT"
        case terminate = "SIGTERM"
        case terminateAll = "SIGTERM to all"
    }

    @Test(
        "the run ends with 128 + the signal, its reports whole and its processes gone; the next one goes on",
        arguments: Sending.allCases)
    func atTime(_ sending: Sending) async throws {
        try await blocking {
            let seconds = try Disturbance.reference.get().seconds
            let signal = sending == .interrupt ? SIGINT : SIGTERM
            for place in Extent.places(0.04, stream: sending.rawValue) {
                let workspace = try Disturbance.workspace()
                let run = try workspace.start("--junit", "report.xml", environment: Disturbance.environment)
                usleep(UInt32(place * seconds * 1e6))
                if sending == .terminateAll {
                    for process in Processes.below(workspace.folder) where process != run.identifier {
                        kill(process, signal)
                    }
                    usleep(20_000)
                }
                run.send(signal)
                let ending = try run.wait()
                let situation = "\(sending.rawValue) after \(place * seconds) s"
                #expect(Processes.below(workspace.folder).isEmpty, "\(situation): a process is left")
                // Before it listens to signals, a process ends by them, which shells call 128 + the signal, too.
                if ending.exit == -signal {
                    #expect(ending.output.isEmpty, "\(situation): \(ending)")
                } else {
                    #expect([0, 128 + signal].contains(ending.exit), "\(situation): \(ending)")
                    let document = try RunDocument(of: ending)
                    let report = try JUnitDocument(workspace.file("report.xml"), in: workspace)
                    #expect(report.errors == 0, "\(situation): \(document)")
                    #expect(document.names("failed").isEmpty, "\(situation): \(document)")
                    #expect(report.skipped >= document.names("skipped").count, "\(situation): \(document)")
                }
                let (resumes, losses) = try Recovery(of: workspace).verify(situation)
                Tally.add(sending.rawValue, resumes: resumes, losses: losses)
            }
        }
    }

    @Test(
        "a training ends with a checkpoint of its last step, from which the next run goes on",
        arguments: [SIGINT, SIGTERM])
    func training(_ signal: Int32) async throws {
        try await blocking {
            let workspace = try Workspace(LongTraining.pipeline)
            let reference = try LongTraining.reference.get()
            let key = try #require(reference["model"]?.key)
            // The first checkpoint tells that it trains; there is none other before the last.
            let running = try workspace.start(environment: ["CALM_CHECKPOINT_SECONDS": "0.3"])
            let checkpoint = workspace.store.appendingPathComponent("checkpoints/\(key)/training.safetensors").path
            #expect(eventually { FileManager.default.fileExists(atPath: checkpoint) })
            running.send(signal)
            let document = try RunDocument(of: try running.wait())
            #expect(document.exit == 128 + signal)
            #expect(document["model"]?.state == "skipped")
            #expect(document["model"]?.why == "interrupted while it ran")
            let stopped = try workspace.calm("log", "model", "--store", "s").output
            let last = try #require(
                stopped.firstMatch(of: /stopped after step (\d+) of \d+, with a checkpoint/)?.1, "\(stopped)")

            let next = try workspace.run()
            let log = try workspace.calm("log", "model", "--store", "s").output
            #expect(log.contains("resumed from step \(last) of"), "\(log)")
            #expect(next.outputs == reference.outputs)
        }
    }
}
