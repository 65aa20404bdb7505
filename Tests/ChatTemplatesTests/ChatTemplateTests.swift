import ChatTemplates
import Foundation
import JSONReading
import Testing

@Suite struct ChatTemplateTests {
    private func render(_ template: String, _ variables: String = "{}", steps: Int = ChatTemplate.steps) throws
        -> String
    {
        let members = try #require(try JSONNode(parsing: Array(variables.utf8)).members)
        return try ChatTemplate(template).render(members, steps: steps).text
    }

    private func failure(_ template: String, _ variables: String = "{}") throws -> TemplateError {
        try #require(#expect(throws: TemplateError.self) { try render(template, variables) })
    }

    @Test(
        "an error says its line and column",
        arguments: [
            ("{{ a b }}", "1:6: expected '}}', found 'b'"),
            ("x\n  {% if %}", "2:9: expected an expression, found '%}'"),
            ("{% for x in y %}\nz", "1:1: the template ends without 'endfor' or 'else'"),
            ("é\n{{ 'é' + 1 }}", "2:4: unsupported operand type(s) for +: 'str' and 'int'"),
            ("{{ a.b.c }}", "1:5: 'a' is undefined"), ("{{ a | b }}", "1:8: no filter named 'b'"),
            ("{{ 1 is b }}", "1:9: no test named 'b'"), ("\n{% foo %}", "2:4: unknown tag 'foo'"),
            ("{% if x %}\n\n{% endfor %}", "3:4: unknown tag 'endfor'"),
            ("a {# b", "1:3: a comment without its end '#}'"),
            ("{{ 'a }}", "1:4: a string without its closing quote"), ("{{ (1 }}", "1:7: unexpected '}'"),
        ])
    func places(template: String, message: String) throws {
        #expect(try failure(template).description == message)
    }

    @Test("the message of raise_exception comes through as it is")
    func raised() throws {
        let error = try failure("a\n{{ raise_exception('Roles must alternate: ' ~ 1) }}")
        #expect(error.kind == .raised)
        #expect(error.message == "Roles must alternate: 1")
        #expect((error.line, error.column) == (2, 4))
    }

    @Test(
        "what isn't supported is an error of its own kind",
        arguments: [
            "{% include 'x' %}", "{{ 'x' | xmlattr }}", "{{ 'x'.encode() }}", "{{ 2 ** 64 }}",
            "{{ 99999999999999999999 }}",
            "{{ [1] | select }}", "{{ ('x' | safe).upper() }}", "{{ '\\N{BULLET}' }}", "{{ 1.0.is_integer() }}",
            "{{ 1 is sameas 1 }}", "{% autoescape true %}{% endautoescape %}",
        ])
    func unsupported(template: String) throws {
        #expect(try failure(template).kind == .unsupported)
    }

    @Test("what the assistant said is marked, in scalars of the text")
    func generated() throws {
        let template = try ChatTemplate(
            "é{% for m in messages %}<{% generation %}{{ m }}{% endgeneration %}>{% endfor %}")
        let members = try #require(try JSONNode(parsing: Array(#"{"messages": ["e\u0301", "b"]}"#.utf8)).members)
        let rendering = try template.render(members)
        #expect(Array(rendering.text.utf8) == Array("é<e\u{301}><b>".utf8))
        #expect(rendering.generated == [2..<4, 6..<7])
    }

    @Test("the date is the one of the caller")
    func date() throws {
        let template = try ChatTemplate("{{ strftime_now('%Y') }}")
        #expect(try template.render(JSONMembers(), now: Date(timeIntervalSince1970: 86400 * 200)).text == "1970")
    }

    @Test("members keep their order, and integers stay integers")
    func order() throws {
        #expect(
            try render("{{ x | tojson }}", #"{"x": {"b": 1, "a": 1.0, "é": null}}"#)
                == #"{"b": 1, "a": 1.0, "é": null}"#)
    }

    @Test(
        "a template that would never end, or fill the memory, is stopped",
        arguments: [
            "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
            "{{ 'x' * 10 ** 15 }}", "{{ [0] * 10 ** 15 }}", "{{ '%1000000000d' % 1 }}", "{{ 'a'.center(10 ** 15) }}",
            "{{ 'a'.zfill(10 ** 12) }}", "{{ 'a' | center(10 ** 12) }}",
            "{{ ('a' * 1000000).replace('a', 'b' * 1000000) }}",
            "{{ ('a' * 1000000) | replace('', 'b' * 1000000) }}", "{{ '{:>9999999999}'.format(1) }}",
            "{{ ('a' * 1000000).join(['b'] * 1000000) }}", "{{ ('a\n' * 1000000) | indent('b' * 1000000) }}",
            "{{ [1] | batch(10 ** 12, 0) | list }}", "{{ 'a' | list | slice(10 ** 12) | list }}",
            "{% set ns = namespace(x='ab') %}{% for i in range(100000) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
            "{% set ns = namespace(x=[1]) %}{% for i in range(100000) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
            "{% set ns = namespace(x=[]) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}",
            "{% set ns = namespace(x=1) %}{% for i in range(150) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
            "{% set ns = namespace(x=1) %}{% for i in range(150) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}",
            "{% set a = namespace(x=1) %}{% set b = namespace(x=1) %}{% for i in range(150) %}{% set a.x = [a.x, a.x] %}{% set b.x = [b.x, b.x] %}{% endfor %}{{ a.x == b.x }}",
            "{% set ns = namespace(x='a') %}{% for i in range(100000) %}{% set ns.x = ns.x | map('string') %}{% endfor %}",
            "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
            "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        ])
    func bounded(template: String) throws {
        let start = ContinuousClock.now
        let error = try failure(template)
        #expect(error.kind == .limit, "\(error)")
        // A generous bound for a debug build on a busy machine; without limits these would take hours.
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test(
        "deep nesting is refused, not followed",
        arguments: [
            ("{{ ", "(", ")", " }}"), ("{{ ", "[", "]", " }}"), ("{{ ", "-", "", "1 }}"), ("{{ ", "not ", "", "1 }}"),
            ("{{ 1", " + 1", "", " }}"), ("{{ x", ".x", "", " }}"), ("{{ x", "|string", "", " }}"),
            ("{{ ", "1 if 1 else ", "", "1 }}"), ("", "{% if 1 %}", "{% endif %}", ""),
            ("", "{% for x in y %}", "{% endfor %}", ""), ("{{ x", "[", "]", " }}"), ("{{ x", "(", ")", " }}"),
            ("", "{% set x %}", "{% endset %}", ""), ("", "{% macro m() %}", "{% endmacro %}", ""),
            ("{% set ", "(", ")", " = 1 %}"), ("{{ ", "{1:", "}", " }}"),
        ])
    func deep(before: String, opening: String, closing: String, after: String) throws {
        let count = 100_000
        let template =
            before + String(repeating: opening, count: count) + String(repeating: closing, count: count) + after
        #expect(throws: TemplateError.self) { try render(template, #"{"x": "x", "y": [1]}"#) }
    }

    @Test("a long chain of namespaces is released")
    func chain() throws {
        let template =
            "{% set ns = namespace(t=namespace()) %}{% for i in range(30000) %}{% set n = namespace() %}{% set t = ns.t %}"
            + "{% set t.next = n %}{% set ns.t = n %}{% endfor %}ok"
        #expect(try render(template) == "ok")
    }

    @Test("a template that is too large is refused")
    func large() throws {
        #expect(throws: TemplateError.self) { try ChatTemplate(String(repeating: "a", count: (4 << 20) + 1)) }
    }

    @Test("a conversation of a thousand long messages renders")
    func long() throws {
        let message = #"{"role": "user", "content": "\#(String(repeating: "word ", count: 2000))"}"#
        let variables = #"{"messages": [\#(Array(repeating: message, count: 1000).joined(separator: ","))]}"#
        let text = try render(
            "{% for m in messages %}{{ '<' + m.role + '>' + m.content | trim + '</s>' }}{% endfor %}", variables)
        #expect(text.utf8.count == 1000 * (9999 + 10))
    }
}
