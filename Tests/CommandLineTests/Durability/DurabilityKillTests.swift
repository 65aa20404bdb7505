import Foundation
import Testing

@Suite("kill -9, wherever it strikes") struct DurabilityKillTests {
    @Test(
        "at a call of the write path: the next run finishes with the same digests, and nothing is lost",
        arguments: FaultLibrary.Action.kills)
    func atCall(_ action: FaultLibrary.Action) async throws {
        try await blocking {
            let calls = try Disturbance.reference.get().calls[action] ?? 0
            try #require(calls > 300)
            for place in Extent.places(0.08, stream: action.rawValue) {
                let workspace = try Disturbance.workspace()
                let call = 1 + Int(place * Double(calls))
                let library = try FaultLibrary(action, at: call, below: workspace.store, file: workspace.file("faults"))
                let run = try workspace.start(environment: Disturbance.environment.merging(library.environment) { $1 })
                let ending = try run.wait()
                let account = try library.account()
                // The number of calls differs a little from run to run.
                #expect(account.fired == 1 || ending.exit == 0)
                let situation = "\(action.rawValue) at call \(call), \(account.place)"
                switch action {
                case .kill: #expect([0, 4, -SIGKILL].contains(ending.exit), "\(situation): \(ending)")
                default: #expect([0, -SIGKILL].contains(ending.exit), "\(situation): \(ending)")
                }
                let (resumes, losses) = try Recovery(of: workspace).verify(situation)
                Tally.add(action.rawValue, resumes: resumes, losses: losses)
            }
        }
    }

    @Test("again and again: each run keeps what those before it did")
    func repeatedly() async throws {
        try await blocking {
            let calls = try Disturbance.reference.get().calls[.killAll] ?? 0
            for place in Extent.places(0.02, stream: "repeatedly") {
                let workspace = try Disturbance.workspace()
                var situation = "kill-all"
                for number in 1...4 {
                    let call = 1 + Int(place * Double(calls)) / number
                    let before = Recovery(of: workspace)
                    let library = try FaultLibrary(
                        .killAll, at: call, below: workspace.store, file: workspace.file("faults"))
                    let run = try workspace.start(
                        environment: Disturbance.environment.merging(library.environment) { $1 })
                    #expect([0, -SIGKILL].contains(try run.wait().exit))
                    situation += ", at call \(call), \(try library.account().place)"
                    let after = Recovery(of: workspace)
                    #expect(before.recorded.isSubset(of: after.recorded), "\(situation): a record is gone")
                }
                let (resumes, losses) = try Recovery(of: workspace).verify(situation)
                Tally.add("kill-all, four times", resumes: resumes, losses: losses)
            }
        }
    }

    enum Victim: String, CaseIterable { case coordinator, worker, both }

    @Test("at any time: the same", arguments: Victim.allCases)
    func atTime(_ victim: Victim) async throws {
        try await blocking {
            let seconds = try Disturbance.reference.get().seconds
            for place in Extent.places(0.04, stream: victim.rawValue) {
                let workspace = try Disturbance.workspace()
                let run = try workspace.start(environment: Disturbance.environment)
                usleep(UInt32(place * seconds * 1e6))
                let workers = Processes.below(workspace.folder).filter { $0 != run.identifier }
                if victim != .worker { run.send(SIGKILL) }
                if victim != .coordinator { for worker in workers { kill(worker, SIGKILL) } }
                let ending = try run.wait()
                let situation = "SIGKILL to \(victim.rawValue) after \(place * seconds) s"
                #expect([0, 4, -SIGKILL].contains(ending.exit), "\(situation): \(ending)")
                let (resumes, losses) = try Recovery(of: workspace).verify(situation)
                Tally.add("SIGKILL to \(victim.rawValue)", resumes: resumes, losses: losses)
            }
        }
    }

    @Test("between a training's outputs and its record: the checkpoint is still there")
    func beforeRecord() async throws {
        try await blocking {
            let undisturbed = try LongTraining.reference.get()
            let key = try #require(undisturbed["model"]?.key)
            let workspace = try Workspace(LongTraining.pipeline)
            let library = try FaultLibrary(
                .killAll, at: 1, on: "/executions/\(key.prefix(2))/\(key.dropFirst(2)).json", below: workspace.store,
                file: workspace.file("faults"))
            let run = try workspace.start(
                environment: ["CALM_CHECKPOINT_SECONDS": "0.05"].merging(library.environment) { $1 })
            #expect(try run.wait().exit == -SIGKILL)
            #expect(try library.account().place.hasPrefix("rename "))
            let resumed = try workspace.run()
            let log = try workspace.calm("log", "model", "--store", "s").output
            #expect(log.contains(/resumed from step [1-9][0-9]* of 150/), "\(log)")
            #expect(resumed.outputs == undisturbed.outputs)
        }
    }

    @Test("a loss of power doesn't take a training's checkpoint: it is durable once it is there")
    func power() async throws {
        try await blocking {
            let undisturbed = try LongTraining.reference.get()
            let workspace = try Workspace(LongTraining.pipeline)
            let library = try FaultLibrary(.power, at: 0, below: workspace.store, file: workspace.file("faults"))
            let running = try workspace.start(
                environment: ["CALM_CHECKPOINT_SECONDS": "0.05"].merging(library.environment) { $1 })
            let key = try #require(undisturbed["model"]?.key)
            let checkpoint = workspace.store.appendingPathComponent("checkpoints/\(key)/training.safetensors").path
            func inode() -> Int? {
                (try? FileManager.default.attributesOfItem(atPath: checkpoint))?[.systemFileNumber] as? Int
            }
            #expect(eventually { inode() != nil })
            // When the second replaces it, the first has been finished.
            let first = inode()
            #expect(eventually { inode() != first })
            running.send(SIGUSR1)
            #expect(try running.wait().exit == -SIGKILL)
            let resumed = try workspace.run()
            let log = try workspace.calm("log", "model", "--store", "s").output
            #expect(log.contains(/resumed from step [1-9][0-9]* of 150/), "\(log)")
            #expect(resumed.outputs == undisturbed.outputs)
        }
    }
}

/// Processes that work in a folder.
enum Processes {
    /// Those whose working folder is `folder` or below it, and which aren't zombies.
    static func below(_ folder: URL) -> [Int32] {
        let path = folder.resolvingSymlinksInPath().path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { process in
            // A zombie has no working folder.
            let place = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")) ?? ""
            return place == path || place.hasPrefix(path + "/")
        }
    }
}
