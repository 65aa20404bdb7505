import Fetching
import Foundation
import Testing

@Suite("pip's default index") struct PipProgramTests {
    private let workshop: FetchingWorkshop
    private static let help = """
        Usage: pip download [options]
          --extra-index-url <url>     Extra URLs (default none).
          -i, --index-url <url>       Base URL of the Python Package Index (default http://h.invalid/simple). This should point
        """

    init() throws { workshop = try FetchingWorkshop() }

    private func pip(_ environment: [String: String] = [:]) -> PipProgram {
        PipProgram(environment: ["PATH": "relative:\(workshop.folder.path)/bin"].merging(environment) { $1 })
    }

    private func problem(_ pip: PipProgram) throws -> String {
        let failure = #expect(throws: FetchFailure.self) { try pip.defaultIndex().get() }
        return try #require(failure).description
    }

    @Test("is what its help says", arguments: ["python3", "pip3", "pip"])
    func stated(name: String) throws {
        try workshop.writePip("bin/\(name)", printing: Self.help)
        #expect(try pip().defaultIndex().get() == "http://h.invalid/simple")
    }

    @Test("the active environment's pip comes first, and a pip that fails or says nothing is passed over")
    func order() throws {
        try workshop.writePip("bin/python3", printing: Self.help, thenRunning: "exit 1")
        try workshop.writePip("bin/pip3", printing: "no such command")
        try workshop.writePip("bin/pip", printing: Self.help)
        #expect(try pip().defaultIndex().get() == "http://h.invalid/simple")
        try workshop.writePip("own/bin/python3", printing: Self.help.replacing("h.invalid", with: "own.invalid"))
        #expect(
            try pip(["VIRTUAL_ENV": "\(workshop.folder.path)/own"]).defaultIndex().get() == "http://own.invalid/simple")
    }

    @Test("each that was asked, and why it gave no answer, is in the error")
    func failures() throws {
        try workshop.writePip("bin/python3", printing: Self.help, thenRunning: "exit 1")
        try workshop.writePip("bin/pip", printing: "no such command")
        #expect(
            try problem(pip()).contains(
                "('python3 -m pip' fails, 'pip' doesn't state it in its help): set PIP_INDEX_URL, or the stage's "
                    + "parameter 'index', to the URL of an index"))
    }

    @Test(
        "a password that pip hides, and what isn't a place, is no answer",
        arguments: ["http://u:****@h/", "none", "a b"])
    func hidden(index: String) throws {
        try workshop.writePip(
            "bin/pip", printing: Self.help.replacing("http://h.invalid/simple", with: index))
        #expect(try problem(pip()).contains("'pip' doesn't state it in its help"))
    }

    @Test("a pip that hangs is given up")
    func hanging() throws {
        try workshop.writePip("bin/pip", printing: Self.help, thenRunning: "exec /bin/sleep 60")
        var pip = pip()
        pip.patience = 0.3
        let start = ContinuousClock.now
        let problem = try problem(pip)
        #expect(problem.contains("'pip' doesn't answer"), "\(problem)")
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}
