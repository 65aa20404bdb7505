import Fetching
import Foundation
import Testing

@Suite("pip's configuration") struct PipConfigurationTests {
    private let workshop: FetchingWorkshop

    init() throws { workshop = try FetchingWorkshop() }

    private var home: String { workshop.folder.path }

    private func configuration(_ environment: [String: String]) -> PipConfiguration {
        PipConfiguration(
            environment: environment.merging(["HOME": home]) { own, _ in own }, systemFolder: "\(home)/etc")
    }

    @Test("without any, only pip knows its index", arguments: [[:], ["PIP_CONFIG_FILE": "/dev/null"]])
    func nothing(environment: [String: String]) throws {
        if !environment.isEmpty { try workshop.write("[global]\nindex-url = http://a/\n", to: "etc/pip.conf") }
        let found = configuration(environment)
        #expect(found.needsDefaultIndex && found.indexes.isEmpty && found.findLinks.isEmpty && found.proxy == nil)
        #expect(!configuration(environment.merging(["PIP_INDEX_URL": "http://b/"]) { $1 }).needsDefaultIndex)
        #expect(!configuration(environment.merging(["PIP_NO_INDEX": "1"]) { $1 }).needsDefaultIndex)
    }

    @Test("each place is read, the later wins, and variables win over all")
    func precedence() throws {
        try workshop.write("[global]\nindex-url = http://a/\nproxy = http://p\ncert: /a.pem\n", to: "etc/pip.conf")
        #expect(configuration([:]).indexes == ["http://a/"])
        try workshop.write("[global]\nindex-url = http://b/\n", to: ".pip/pip.conf")
        #expect(configuration([:]).indexes == ["http://b/"])
        try workshop.write("[global]\nindex-url = http://c/\n", to: ".config/pip/pip.conf")
        #expect(configuration([:]).indexes == ["http://c/"])
        try workshop.write("[global]\nindex-url = http://x/\n", to: "own/pip/pip.conf")
        #expect(configuration(["XDG_CONFIG_HOME": "\(home)/own"]).indexes == ["http://x/"])
        try workshop.write("[global]\nindex-url = http://d/\n", to: "venv/pip.conf")
        let environment = ["VIRTUAL_ENV": "\(home)/venv"]
        #expect(configuration(environment).indexes == ["http://d/"])
        try workshop.write("[global]\nindex_url = http://e/\n", to: "named.conf")
        let named = environment.merging(["PIP_CONFIG_FILE": "\(home)/named.conf"]) { own, _ in own }
        #expect(configuration(named).indexes == ["http://e/"])
        #expect(configuration(named.merging(["PIP_INDEX_URL": "http://f/"]) { own, _ in own }).indexes == ["http://f/"])
        #expect(configuration(named).proxy == "http://p" && configuration(named).certificateFile == "/a.pem")
    }

    @Test("lists, sections, comments and lines that go on are read as pip reads them")
    func syntax() throws {
        try workshop.write(
            """
            # A comment = no setting
            [install]
            index-url = http://other/
            [global]
            index-url = http://a/
            extra-index-url = http://b/
                http://c/
                # between
                http://d/
            find-links =
                /one
                file:///two
                ~/three
            [download]
            index-url: http://download/
            """, to: "etc/pip.conf")
        let found = configuration([:])
        #expect(found.indexes == ["http://download/", "http://b/", "http://c/", "http://d/"])
        #expect(found.findLinks == ["/one", "file:///two", "\(home)/three"])
        #expect(configuration(["PIP_NO_INDEX": "1"]).indexes.isEmpty)
    }
}
