import Foundation
import Reports
import Testing

/// Text of the program under test that looks like markup.
struct MarkupInTextTests {
    /// What a test may print without escaping it.
    static let printed: [String] = [
        #"in <module> x"#,
        #"at Object.<anonymous> (x.js)"#,
        #"List<String> y"#,
        #"<line number> z"#,
        #"a<br>b"#,
        #"<div class="x">q</div>"#,
        #"<div class="x">q"#,
        #"<?xml version="1.0"?><testsuite name="i"><testcase name="x"><failure>no</failure></testcase></testsuite>"#,
        #"<!DOCTYPE html><html><body><p>x</body></html>"#,
        #"<!-- open"#,
        #"<!-- a --> <!-- b -- c -->"#,
        #"]]>"#,
        #"a && b & c &nbsp; &#27; <"#,
        #"<testcase name="x">"#,
        #"- </testcase>"#,
        #"prints <failure> tag"#,
        #"prints </failure> tag"#,
        #"<system-out>"#,
        #"</testsuite> </testsuites>"#,
        #"a < b <= c <- d <3"#,
        #"->"#,
        #"<?php echo 1 ?>"#,
        #"<![CDATA[x"#,
        #"<![CDATA[<x>]]>"#,
        #"<![CDATA[a <![CDATA[b]]> c]]>"#,
        #"<![CDATA[a ]]> b ]]>"#,
        #"<p>one<p>two<img src="x.png"><a href=x>y</a>"#,
        #"Map<String, List<Integer>> and <T extends Foo>"#,
        #"<testcase name="x"/>"#,
        #"<a b="c>d</a>"#,
        #"John <john@x.org>"#,
        "<<<<<<< HEAD\n>>>>>>> x",
    ]

    /// A report in which `content` stands in the first of two suites, before cases that may not be lost.
    static func report(_ content: String) -> String {
        """
        <testsuites><testsuite name="s">\(content)<testcase name="b"/><testcase name="c"><failure message="m"/></testcase>\
        </testsuite><testsuite name="t"><testcase name="d"><error/></testcase></testsuite></testsuites>
        """
    }

    static let others = ["s|b passed", "s|c failed", "t|d error"]

    private func check(_ content: String, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation) throws
    {
        let read = try MendedReport(Self.report(content))
        #expect(
            read.cases == [expected] + Self.others, "\(content): \(read.summary.warnings)",
            sourceLocation: sourceLocation)
        // Nothing is lost when only text has to be escaped.
        #expect(read.summary.incomplete == [], "\(content)", sourceLocation: sourceLocation)
    }

    @Test("in the output of a case", arguments: printed)
    func output(text: String) throws {
        try check("<testcase name='a'><system-out>\(text)</system-out></testcase>", "s|a passed")
        try check("<testcase name='a'><system-out>\(text)</system-out><failure>x</failure></testcase>", "s|a failed")
        try check(
            "<testcase name='a'><system-err>1</system-err><system-out>2 \(text) 3\n</system-out>\n</testcase>",
            "s|a passed")
    }

    @Test("in a CDATA section", arguments: printed)
    func section(text: String) throws {
        try check(
            "<testcase name='a'><system-out><![CDATA[\(text)]]></system-out><failure>in <module></failure></testcase>",
            "s|a failed")
    }

    @Test("in a result", arguments: printed)
    func result(text: String) throws {
        try check("<testcase name='a'><failure message='m'>\(text)</failure></testcase>", "s|a failed")
        try check("<testcase name='a'><error>\(text)</error></testcase>", "s|a error")
        try check("<testcase name='a'><skipped>\(text)</skipped></testcase>", "s|a skipped")
        try check(
            "<testcase name='a'><flakyFailure><stackTrace>\(text)</stackTrace></flakyFailure></testcase>", "s|a passed")
    }

    @Test("in the output of a suite, and in its properties", arguments: printed)
    func suite(text: String) throws {
        try check("<system-out>\(text)</system-out><testcase name='a'/>", "s|a passed")
        try check(
            "<properties><property name='p'>\(text)</property></properties><testcase name='a'/>", "s|a passed")
    }

    @Test("a failure's text is what was printed")
    func kept() throws {
        let read = try MendedReport(
            Self.report(
                "<testcase name='a'><failure>in <module> &amp; a<b ]]> <![CDATA[<x> & ]]> &lt;end></failure></testcase>"
            ))
        #expect(read.items.first?.failures.first?.details == "in <module> & a<b ]]> <x> &  <end>")
    }

    @Test("a report printed into a failing case counts neither its cases nor its failures, whatever its own counts are")
    func printedReport() throws {
        let inner =
            "<testsuites><testsuite name='i' tests='1' failures='1'><testcase name='x'><failure>n</failure></testcase></testsuite></testsuites>"
        let read = try MendedReport(
            Self.report("<testcase name='a'><failure><?xml version='1.0'?>\(inner) was written</failure></testcase>"))
        #expect(read.cases == ["s|a failed"] + Self.others)
        #expect(read.items.first?.failures.count == 1)
    }
}
