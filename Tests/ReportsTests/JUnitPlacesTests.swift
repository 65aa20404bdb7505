import Catalogue
import Reports
import Testing

@Suite("Where cases stand") struct JUnitPlacesTests {
    private static let failing = "<testcase name='f'><failure/></testcase>"

    private static let placesRows: [(xml: String, lines: [String])] = [
        (
            "<testsuites><testsuites><testsuite name='a'><testcase name='x'/></testsuite></testsuites>"
                + "<testsuites><testsuite name='b'>\(failing)</testsuite></testsuites></testsuites>",
            ["a||x passed", "b||f failed"]
        ),
        (
            "<testsuite name='a'><testsuites><testsuite name='b'>\(failing)</testsuite></testsuites></testsuite>",
            ["a/b||f failed"]
        ),
        ("<testsuites>\(failing)</testsuites>", ["||f failed"]),
        ("<testcase name='alone'><failure/></testcase>", ["||alone failed"]),
        ("<testsuite name='a'><group name='g'><testcases>\(failing)</testcases></group></testsuite>", ["a||f failed"]),
        (
            "<testsuites><results><odd><testsuite name='a'>\(failing)</testsuite></odd></results></testsuites>",
            ["a||f failed"]
        ),
        ("<report><testsuites><testsuite name='a'>\(failing)</testsuite></testsuites></report>", ["a||f failed"]),
        ("<results><tests>\(failing)</tests></results>", ["||f failed"]),
        (
            "<testrun name='r' tests='1' failures='1'><testsuite name='a'><testsuite name='b'>\(failing)</testsuite></testsuite></testrun>",
            ["a/b||f failed"]
        ),
        (
            "<j:testsuites xmlns:j='urn:j'><j:testsuite name='a'><j:testcase name='f'><j:failure/></j:testcase></j:testsuite></j:testsuites>",
            ["a||f failed"]
        ),
        (
            "<testsuites xmlns='urn:j'><testsuite name='a'>\(failing)</testsuite></testsuites>", ["a||f failed"]
        ),
        // A case within a case, whose name comes between the suite's and its own.
        (
            "<testsuite name='a'><testcase name='p'><testcase name='x'/>\(failing)</testcase><testcase name='z'/></testsuite>",
            ["a/p||x passed", "a/p||f failed", "a||p passed", "a||z passed"]
        ),
        (
            "<testsuite name='a'><testcase name='p'><subtests>\(failing)</subtests><error/></testcase></testsuite>",
            ["a/p||f failed", "a||p error"]
        ),
        (
            "<testsuite name='a'><testcase name='p'><testsuite name='b'>\(failing)</testsuite><skipped/></testcase></testsuite>",
            ["a/b||f failed", "a||p skipped"]
        ),
        // Of the suite itself.
        ("<testsuites><testsuite name='a'><group><error/></group></testsuite></testsuites>", ["a||(suite) error"]),
        (
            "<testsuites><failure/><testsuite name='a'><testcase name='x'/></testsuite></testsuites>",
            ["||(suite) failed", "a||x passed"]
        ),
        ("<testsuite name='a'><systemError/></testsuite>", ["a||(suite) error"]),
        // In a program's output and in failures there are no cases.
        (
            "<testsuite name='a'><system-out>\(failing)</system-out><testcase name='x'><system-err>\(failing)<error/></system-err></testcase></testsuite>",
            ["a||x passed"]
        ),
        (
            "<testsuite name='a'><testcase name='x'><failure>\(failing)<error/></failure></testcase></testsuite>",
            ["a||x failed"]
        ),
        (
            "<testsuite name='a'><testcase name='x'><results><failure/></results></testcase></testsuite>",
            ["a||x failed"]
        ),
        (
            "<testsuite name='a'><testcase name='x'><steps><step/><step><failure/></step></steps></testcase></testsuite>",
            ["a||x failed"]
        ),
        (
            "<testsuite name='a'><testcase name='x'><steps><step><skipped/></step></steps></testcase></testsuite>",
            ["a||x passed"]
        ),
        // In properties, where only properties should be, a case counts.
        (
            "<testsuite name='a'><properties><property name='p' value='v'/>\(failing)</properties><testcase name='x'/></testsuite>",
            ["a||f failed", "a||x passed"]
        ),
        (
            "<testsuite name='a'><testcase name='x'><properties><property name='p'/><failure/></properties></testcase></testsuite>",
            ["a||x failed"]
        ),
        // Of Surefire's reruns, that of a case that failed in the end.
        ("<testsuite name='a'><testcase name='x'><rerunFailure type='t'/></testcase></testsuite>", ["a||x failed"]),
        ("<testsuite name='a'><testcase name='x'><rerun/></testcase></testsuite>", ["a||x passed flaky"]),
        ("<testsuite name='a'><testcase name='x'><fault/></testcase></testsuite>", ["a||x error"]),
        ("<testsuite name='a'><testcase name='x'><err/></testcase></testsuite>", ["a||x error"]),
    ]

    @Test("a case is found wherever it stands, merged too", arguments: placesRows.indices)
    func places(number: Int) throws {
        let (xml, lines) = Self.placesRows[number]
        #expect(try ReadReport(xml).lines == lines)
        #expect(try Set(ReadReport.merged(xml).lines) == Set(lines))
    }

    @Test("elements of a case within a text are named")
    func structureInText() throws {
        let xml = """
            <testsuite name='a'><testcase name='x'><system-out>\(Self.failing)\(Self.failing)</system-out></testcase>
            <properties><property name='p'><error/></property></properties></testsuite>
            """
        #expect(
            try ReadReport(xml).summary.warnings == [
                "elements in an output or property are text and don't count: <testcase> (2), <failure> (2), <error>"
            ])
    }

    @Test("another document is refused, however long it is, and told by its root")
    func foreign() throws {
        for count in [1, 5000] {
            let xml = "<html>" + String(repeating: "<p><error/></p>", count: count) + "</html>"
            let error = #expect(throws: RefusedReport.self) { try ReadReport(xml) }
            #expect(error?.reason == "it is no JUnit report: its root element is 'html'" && error?.isForeign == true)
        }
        // What a crash or a full disk leaves is no other document.
        for rest in ["\0\0\0\0", " \n", "hello"] {
            let error = #expect(throws: RefusedReport.self) { try ReadReport(rest) }
            #expect(error?.reason == "it is no JUnit report: it has no element" && error?.isForeign == false)
        }
    }
}
