import ChatTemplates
import Foundation
import JSONReading
import Testing

/// What transformers renders, this renders; where it fails, this fails. `Fixtures/make_cases.py` made the cases.
@Suite struct RenderingTests {
    @Test("every case renders as in transformers, or fails as there")
    func cases() throws {
        var lines = try Self.lines("cases.jsonl")
        let variables = try #require(lines.removeFirst()["variables"]?.members)
        #expect(lines.count > 500)
        #expect(lines.filter { $0["error"] != nil }.count > 80)
        for line in lines {
            try Self.check(try #require(line["template"]?.string), variables, line)
        }
    }

    @Test("the templates of published models render conversations as in transformers")
    func conversations() throws {
        let lines = try Self.lines("conversations.jsonl")
        #expect(lines.count == 132)
        for line in lines {
            let name = try #require(line["template"]?.string)
            let template = try String(contentsOf: Self.file("templates/\(name).jinja"), encoding: .utf8)
            try Self.check(template, try #require(line["variables"]?.members), line)
        }
    }

    private static func check(_ template: String, _ variables: JSONMembers, _ line: JSONNode) throws {
        let result = Result { try ChatTemplate(template).render(variables).text }
        if let expected = line["rendered"]?.string {
            let text = try? result.get()
            #expect(text.map { Array($0.utf8) } == Array(expected.utf8), "\(template): \(result), expected \(expected)")
        } else {
            #expect((try? result.get()) == nil, "\(template) must fail: \(line["error"]?.string ?? "")")
        }
    }

    private static func file(_ name: String) throws -> URL {
        try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures").appendingPathComponent(name)
    }

    private static func lines(_ name: String) throws -> [JSONNode] {
        try Data(contentsOf: file(name)).split(separator: UInt8(ascii: "\n")).map { try JSONNode(parsing: Array($0)) }
    }
}
