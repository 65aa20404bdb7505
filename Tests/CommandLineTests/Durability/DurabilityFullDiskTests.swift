import Foundation
import Testing

@Suite("A file system that is full") struct DurabilityFullDiskTests {
    /// A run on a small tmpfs, mounted where nobody else sees it, until it is full; then one with room, and a check.
    private static let script = """
        mkdir s
        mount -t tmpfs -o size=$1 tmpfs s
        export CALM_CHECKPOINT_SECONDS=0.002
        calm run p.yaml --store s --json >first.json 2>first.err || echo $? >first.exit
        calm store verify --store s >verify.out 2>&1 || echo $? >verify.exit
        mount -o remount,size=64m s
        calm run p.yaml --store s --json >second.json 2>second.err
        calm store verify --store s
        ls s/tmp s/checkpoints >left
        """

    /// What the script needs, tried out.
    private static let unshare: (program: URL, options: [String])? = {
        guard let program = installed("unshare"), let workspace = try? Workspace() else { return nil }
        let attempts = [["--mount"], ["--mount", "--map-root-user"]]
        return attempts.first { options in
            (try? workspace.program(program, options + ["mount", "-t", "tmpfs", "tmpfs", "/mnt"]))?.exit == 0
        }.map { (program, $0) }
    }()

    @Test(
        "a run says that it is full, keeps what is done, and the next one finishes once there is room",
        .enabled(if: unshare != nil, "mounting needs root or user namespaces"))
    func tmpfs() async throws {
        try await blocking {
            let unshare = try #require(Self.unshare)
            let reference = try Disturbance.reference.get()
            let binary = try CalmProcess.binary()
            var full = 0
            for place in Extent.places(0.06, stream: "tmpfs") {
                let workspace = try Disturbance.workspace()
                try FileManager.default.createSymbolicLink(at: workspace.file("calm"), withDestinationURL: binary)
                let size = 64_000 + Int(place * Double(reference.storeBytes))
                let situation = "a file system of \(size) bytes"
                let ending = try CalmProcess(
                    unshare.program, unshare.options + ["/bin/sh", "-ec", Self.script, "sh", "\(size)"],
                    in: workspace.folder,
                    environment: ["PATH": workspace.folder.path + ":/usr/sbin:/usr/bin:/sbin:/bin"]
                ).wait()
                #expect(ending.exit == 0, "\(situation): \(ending) \(workspace.lines(of: "second.err"))")
                let errors = workspace.lines(of: "first.err").joined(separator: "\n")
                if let exit = workspace.lines(of: "first.exit").first {
                    full += 1
                    #expect(exit == "5", "\(situation): \(errors)")
                    #expect(
                        errors.contains(workspace.store.path) && errors.contains("space"), "\(situation): \(errors)")
                }
                let verified = workspace.lines(of: "verify.out").joined(separator: "\n")
                #expect(
                    workspace.lines(of: "verify.exit").isEmpty || verified.contains("no store"),
                    "\(situation): \(verified)"
                )
                let document = try RunDocument(
                    of: CalmProcess.Ending(
                        exit: 0, output: workspace.lines(of: "second.json").joined(), errors: ""))
                #expect(document.outputs == reference.outputs, "\(situation): other outputs")
                #expect(workspace.lines(of: "left") == ["s/checkpoints:", "s/tmp:"], "\(situation)")
                Tally.add("tmpfs", resumes: 0, losses: document.outputs == reference.outputs ? 0 : 1)
            }
            #expect(full > 0)
        }
    }
}
