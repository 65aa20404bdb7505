import Foundation
import Reports
import Testing

/// Mistakes in a report's own markup: each costs only its own place.
struct MarkupMenderTests {
    struct Mistake: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let xml: String
        let cases: [String]
        /// Whether results may be missing.
        var isIncomplete = false
    }

    /// A mistake in the first of two suites.
    private static func inSuite(
        _ description: String, _ content: String, _ expected: String, isIncomplete: Bool = false
    ) -> Mistake {
        Mistake(
            testDescription: description, xml: MarkupInTextTests.report(content),
            cases: (expected.isEmpty ? [] : [expected]) + MarkupInTextTests.others, isIncomplete: isIncomplete)
    }

    private static let endTags: [Mistake] = [
        inSuite(
            "an empty element closed once more", #"<testcase name="a"><skipped/></skipped></testcase>"#, #"s|a skipped"#
        ),
        inSuite("a failure closed twice", #"<testcase name="a"><failure/></failure></testcase>"#, #"s|a failed"#),
        inSuite("an empty case closed once more", #"<testcase name="a"/></testcase>"#, #"s|a passed"#),
        inSuite("a case closed twice", #"<testcase name="a"><failure/></testcase></testcase>"#, #"s|a failed"#),
        inSuite(
            "a case that goes on behind its empty tag", #"<testcase name="a"/><failure/></testcase>"#, #"s|a failed"#),
        inSuite("a suite closed in the middle", #"<testcase name="a"/></testsuite>"#, #"s|a passed"#),
        inSuite("the root closed in the middle", #"<testcase name="a"/></testsuites>"#, #"s|a passed"#),
        inSuite("a failure not closed", #"<testcase name="a"><failure>x</testcase>"#, #"s|a failed"#),
        inSuite(
            "a failure and its case not closed", #"<testcase name="a"><failure>x"#, #"s|a failed"#, isIncomplete: true),
        inSuite("output not closed", #"<testcase name="a"><system-out>x</testcase>"#, #"s|a passed"#),
        inSuite(
            "output not closed before an empty failure", #"<testcase name="a"><system-out>x<failure/></testcase>"#,
            #"s|a failed"#),
        inSuite(
            "output not closed before a failure", #"<testcase name="a"><system-out>x<failure>y</failure></testcase>"#,
            #"s|a failed"#),
        inSuite(
            "a failure not closed before output",
            #"<testcase name="a"><failure>x<system-out>y</system-out></testcase>"#, #"s|a failed"#),
        inSuite("a case not closed", #"<testcase name="a">"#, #"s|a passed"#, isIncomplete: true),
        inSuite("a failed case not closed", #"<testcase name="a"><failure/>"#, #"s|a failed"#, isIncomplete: true),
        inSuite(
            "crossed end tags of a failure and its case", #"<testcase name="a"><failure>x</testcase></failure>"#,
            #"s|a failed"#),
        inSuite("a failure closed as an error", #"<testcase name="a"><failure>x</error></testcase>"#, #"s|a failed"#),
        inSuite(
            "texts closed as each other",
            #"<testcase name="a"><system-out>x</failure></system-out><failure>y</system-out></testcase>"#,
            #"s|a failed"#),
        inSuite("a suite closed in a case", #"<testcase name="a"></testsuite></testcase>"#, #"s|a passed"#),
        inSuite(
            "a section not closed", #"<testcase name="a"><system-out><![CDATA[x</system-out></testcase>"#,
            #"s|a passed"#),
        inSuite(
            "a section not closed before another",
            #"<testcase name="a"><system-out><![CDATA[x</system-out><failure><![CDATA[y]]></failure></testcase>"#,
            #"s|a failed"#),
        inSuite("a comment not closed", #"<!-- x <testcase name="a"/>"#, #"s|a passed"#, isIncomplete: true),
        inSuite(
            "a comment not closed before another", #"<!-- x <testcase name="a"><failure/></testcase><!-- y -->"#,
            #"s|a failed"#, isIncomplete: true),
        inSuite("dashes in a comment", #"<!-- x -- y --><testcase name="a"/>"#, #"s|a passed"#),
        inSuite(
            "a case in a comment with dashes", #"<!-- <testcase name="z"/> -- --><testcase name="a"/>"#, #"s|a passed"#,
            isIncomplete: true),
        Mistake(
            testDescription: "a suite not closed before the next",
            xml:
                #"<testsuites><testsuite name="s"><testcase name="a"/><testsuite name="t"><testcase name="d"><error/></testcase></testsuite></testsuites>"#,
            cases: [#"s|a passed"#, #"t|d error"#]),
        Mistake(
            testDescription: "the last suite not closed",
            xml:
                #"<testsuites><testsuite name="s"><testcase name="a"/></testsuite><testsuite name="t"><testcase name="d"><error/></testcase></testsuites>"#,
            cases: [#"s|a passed"#, #"t|d error"#]),
        Mistake(
            testDescription: "crossed end tags of a case and its suite",
            xml:
                #"<testsuites><testsuite name="s"><testcase name="a"><failure/></testsuite></testcase><testsuite name="t"><testcase name="d"><error/></testcase></testsuite></testsuites>"#,
            cases: [#"s|a failed"#, #"t|d error"#], isIncomplete: true),
        Mistake(
            testDescription: "a suite closed twice",
            xml:
                #"<testsuites><testsuite name="s"><testcase name="a"/></testsuite></testsuite><testsuite name="t"><testcase name="d"><error/></testcase></testsuite></testsuites>"#,
            cases: [#"s|a passed"#, #"t|d error"#]),
        Mistake(
            testDescription: "the root closed too early",
            xml:
                #"<testsuites><testsuite name="s"><testcase name="a"/></testsuite></testsuites><testsuite name="t"><testcase name="d"><error/></testcase></testsuite></testsuites>"#,
            cases: [#"s|a passed"#, #"t|d error"#]),
    ]

    private static let tags: [Mistake] = [
        inSuite(
            "a value without its last quote", #"<testcase name="a"><failure message="boom>t</failure></testcase>"#,
            #"s|a failed"#),
        inSuite(
            "a value without its last quote in an empty tag",
            #"<testcase name="a"><failure message="boom/></testcase>"#, #"s|a failed"#),
        inSuite(
            "a name without its last quote before an attribute",
            #"<testcase name="a time="0.1"><failure message="m"/></testcase>"#, #"s|a failed"#),
        inSuite(
            "a name without its last quote", #"<testcase name="a><failure message="m"/></testcase>"#, #"s|a failed"#),
        inSuite("a class without its last quote", #"<testcase classname="k name="a"/>"#, #"s|a passed"#),
        inSuite("quotes in a name", #"<testcase name="f("a")" classname="k" time="0.1"/>"#, #"s|f("a") passed"#),
        inSuite("quotes at the end of a name", #"<testcase classname="k" name="say "hi""/>"#, #"s|say "hi" passed"#),
        inSuite(
            "generics in a name", #"<testcase name="List<String>" time="1"><failure/></testcase>"#,
            #"s|List<String> failed"#),
        inSuite(
            "an ampersand in a name", #"<testcase name="a & b" time="1"><failure/></testcase>"#, #"s|a & b failed"#),
        inSuite(
            "quotes in two values", #"<testcase name="x "y" z" classname="k "q"" time="1"><failure/></testcase>"#,
            #"s|x "y" z failed"#),
        inSuite(
            "HTML in a name", #"<testcase name="renders <div class="x">" time="0.1"/>"#,
            #"s|renders <div class="x"> passed"#),
        inSuite(
            "a case without the end of its tag", #"<testcase name="a" <failure message="m"/></testcase>"#,
            #"s|a failed"#),
        inSuite(
            "a failure without the end of its tag", #"<testcase name="a"><failure message="m"</testcase>"#,
            #"s|a failed"#),
        inSuite("an empty tag without its end", #"<testcase name="a"/\#n"#, #"s|a passed"#),
        inSuite("an end tag without its end", #"<testcase name="a"></testcase\#n"#, #"s|a passed"#),
        inSuite(
            "an end tag in an end tag", #"<testcase name="a"><failure message="m">x</failure </testcase>"#,
            #"s|a failed"#),
        inSuite("text between elements", #"junk & <junk> here <testcase name="a"/> more <b>"#, #"s|a passed"#),
        Mistake(
            testDescription: "text in front of the document",
            xml:
                #"Running <module> tests\#n<testsuites><testsuite name="s"><testcase name="a"/><testcase name="b"/><testcase name="c"><failure message="m"/></testcase></testsuite><testsuite name="t"><testcase name="d"><error/></testcase></testsuite></testsuites>"#,
            cases: [#"s|a passed"#, #"s|b passed"#, #"s|c failed"#, #"t|d error"#]),
        Mistake(
            testDescription: "text behind the document",
            xml:
                #"<testsuites><testsuite name="s"><testcase name="a"/><testcase name="b"/><testcase name="c"><failure message="m"/></testcase></testsuite><testsuite name="t"><testcase name="d"><error/></testcase></testsuite></testsuites>\#ndone <ok> bye"#,
            cases: [#"s|a passed"#, #"s|b passed"#, #"s|c failed"#, #"t|d error"#]),
    ]

    @Test("end tags too many, missing or crossed", arguments: endTags)
    func someEndTags(mistake: Mistake) throws { try check(mistake) }

    @Test("tags without an end, names with quotes, text between elements", arguments: tags)
    func someTags(mistake: Mistake) throws { try check(mistake) }

    private func check(_ mistake: Mistake) throws {
        let read = try MendedReport(mistake.xml)
        #expect(read.cases == mistake.cases, "\(read.summary.warnings)")
        #expect(!read.summary.warnings.isEmpty, "nothing is mended without a word")
        #expect(read.summary.incomplete.isEmpty != mistake.isIncomplete, "\(read.summary.incomplete)")
    }

    /// Attributes of a failure with a mistake in them.
    static let attributes: [String] = [
        #"message="expected "a" but was "b"""#,
        #"message="x="1"""#,
        #"message="a < b && c""#,
        #"message="a "b" c" type="x "y" z""#,
        #"message=boom"#,
        #"message="m" message="n""#,
        #"message="m"type="t""#,
        #"message="expected <b class="x"> but""#,
        #"message='it's'"#,
        #"message="boom type="t""#,
        #"message="a" b>c""#,
        #"message = "m""#,
        #"message"#,
        #"message="List<String>""#,
        #"message="<testcase name="x"></testcase> wrong""#,
        #"message="say """#,
        #"message=""""#,
        #"message="a\#nb "c" d""#,
        #"message=""quoted"""#,
        #"message="JSON {"a": "b", "name": "x"}""#,
        #"message="a" / "b""#,
        #"message="1" == "2""#,
    ]

    @Test("values with quotes that aren't escaped, without quotes, repeated", arguments: attributes)
    func values(attributes: String) throws {
        for (element, status) in [("failure", "failed"), ("error", "error"), ("skipped", "skipped")] {
            for content in ["<\(element) \(attributes)>t</\(element)>", "<\(element) \(attributes)/>"] {
                let read = try MendedReport(MarkupInTextTests.report("<testcase name='a'>\(content)</testcase>"))
                #expect(read.cases == ["s|a \(status)"] + MarkupInTextTests.others, "\(content)")
            }
        }
    }

    @Test(
        "a message is what was meant",
        arguments: [
            (#"message="expected "a" but was "b"""#, #"expected "a" but was "b""#), (#"message="x="1"""#, #"x="1""#),
            (#"message="a < b && c""#, "a < b && c"), (#"message="a "b" c" type="x "y" z""#, #"a "b" c"#),
            ("message=boom", "boom"), (#"message="m" message="n""#, "m"), (#"message="m"type="t""#, "m"),
            (#"message="expected <b class="x"> but""#, #"expected <b class="x"> but"#), ("message='it's'", "it's"),
            (#"message="boom type="t""#, "boom"), (#"message="List<String>""#, "List<String>"),
            (#"message="JSON {"a": "b", "c": "x"}""#, #"JSON {"a": "b", "c": "x"}"#),
        ])
    func messages(attributes: String, message: String) throws {
        let read = try MendedReport(
            MarkupInTextTests.report("<testcase name='a'><failure \(attributes)>t</failure></testcase>"))
        #expect(read.items.first?.failures.first?.message == message)
    }
}
