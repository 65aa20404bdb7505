import Foundation
import Testing

@Suite("Calls that fail: no space, I/O errors, a file system that turns read-only") struct DurabilityRefusalTests {
    @Test(
        "the error says where and why, no result is lost, and the next run finishes with the same digests",
        arguments: FaultLibrary.Action.refusals)
    func atCall(_ action: FaultLibrary.Action) async throws {
        try await blocking {
            let calls = try Disturbance.reference.get().calls[action] ?? 0
            try #require(calls > 150)
            for place in Extent.places(0.03, stream: action.rawValue) {
                let workspace = try Disturbance.workspace()
                let call = 1 + Int(place * Double(calls))
                let library = try FaultLibrary(action, at: call, below: workspace.store, file: workspace.file("faults"))
                let run = try workspace.start(
                    "--junit", "report.xml", environment: Disturbance.environment.merging(library.environment) { $1 })
                let ending = try run.wait()
                let account = try library.account()
                let situation = "\(action.rawValue) at call \(call), \(account.place)"
                try complain(of: ending, action, workspace, situation)
                let (resumes, losses) = try Recovery(of: workspace).verify(situation)
                Tally.add(action.rawValue, resumes: resumes, losses: losses)
            }
        }
    }

    /// The run reports as always; if it didn't get over the failure, it names a path of the store and the reason.
    private func complain(
        of ending: CalmProcess.Ending, _ action: FaultLibrary.Action, _ workspace: Workspace, _ situation: String
    ) throws {
        let reasons: [FaultLibrary.Action: [String]] = [
            .full: ["No space left", "disk is full", "unable to open", "out of space", "see whether there is space"],
            // SQLite takes a journal that it can't remove for a file system without write access.
            .failing: ["Input/output error", "disk I/O error", "unable to open", "readonly database"],
            // What SQLite makes of EIO from a read.
            .unreadable: [
                "Input/output error", "disk I/O error", "unable to open", "can't be read (database disk image",
                "malformed",
            ],
            .readOnly: ["Read-only file system", "disk I/O error", "unable to open", "readonly database"],
        ]
        let kind: FaultLibrary.Action =
            switch action {
            case .full, .fullFromThenOn: .full
            case .readOnly, .readOnlyFromThenOn: .readOnly
            case .unreadable: .unreadable
            default: .failing
            }
        let document = try RunDocument(of: ending)
        _ = try JUnitDocument(workspace.file("report.xml"), in: workspace)
        if action == .short { #expect(ending.exit == 0, "\(situation): \(ending)") }
        guard ending.exit != 0 else {
            #expect(document.outputs == (try Disturbance.reference.get().outputs), "\(situation): other outputs")
            return
        }
        #expect(ending.exit == 5, "\(situation): \(ending)")
        let words = ending.errors + (document.error ?? "")
        #expect(words.contains(workspace.store.path), "\(situation): no path in \(words)")
        #expect(reasons[kind]?.contains { words.contains($0) } == true, "\(situation): no reason in \(words)")
    }
}
