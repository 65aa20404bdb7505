import Artifacts
import Foundation
import Reports
import Testing

/// Places in which a result may have been lost.
@Suite struct DoubtfulPlaceTests {
    private static let head: String = "<testsuite name='s'><testcase name='a' classname='c'/>"
    private static let tail: String = "<testcase name='z' classname='c'/></testsuite>"

    @Test(
        "make a report incomplete",
        arguments: [
            // A comment that isn't well-formed, with cases in it.
            "<!-- x -><!-- y -><testcase name='b'><failure/></testcase><!-- z -->",
            // A case whose tag has another name.
            "<test name='b' classname='c' staus='failed'/>", "<tecase name='b' sxtatus='failed'/>",
            "<test name='b' classname='c'></test>",
            // An attribute without its `=` and first quote.
            "<testcase name='b<c' classname='c' statusfailed'/>",
            // A verdict whose text is broken.
            "<testcase name='b'><result></system-out>failed</result><skipped/></testcase>",
            // A section whose end is guessed.
            "<testcase name='q'><system-out><![CDATA[x]]>y></testcase><testcase name='b'><error><![CTA[e]]></error><system-out><![CTA[o]]></system-out></testcase>",
        ])
    func incomplete(_ middle: String) throws {
        let report = try ReadReport(Self.head + middle + Self.tail)
        #expect(
            !report.summary.incomplete.isEmpty || report.summary.failures + report.summary.errors > 0,
            "\(middle): \(report.lines) \(report.summary.warnings)")
    }

    @Test(
        "but not where all is in order",
        arguments: [
            "<!-- x <testcase name='b'><failure/></testcase> -->", "<group name='g'><testcase name='b'/></group>",
            "<class name='g' classname='g'><testcase name='b'/></class>", "<info name='n' label='failed'/>",
            "<testcase name='b'><system-out><![CDATA[a]]></system-out></testcase>",
        ])
    func complete(_ middle: String) throws {
        let report = try ReadReport(Self.head + middle + Self.tail)
        #expect(report.summary.incomplete.isEmpty && report.summary.failures == 0, "\(report.summary.incomplete)")
    }

    private static let whole = Data((head + tail).utf8)
    /// `<testcase name="b"><failure/></testcase>` in EBCDIC.
    private static let ebcdic = Data([
        0x4C, 0xA3, 0x85, 0xA2, 0xA3, 0x83, 0x81, 0xA2, 0x85, 0x40, 0x95, 0x81, 0x94, 0x85, 0x7E, 0x7F, 0x82, 0x7F,
        0x6E, 0x4C, 0x86,
        0x81, 0x89, 0x93, 0xA4, 0x99, 0x85, 0x61, 0x6E,
    ])

    private static func joined(_ parts: Data...) -> Data { parts.reduce(into: Data()) { $0.append($1) } }

    @Test("bytes that can't be text make a report incomplete wherever no text can be")
    func oddBytes() throws {
        let (head, tail) = (Data(Self.head.utf8), Data(Self.tail.utf8))
        let declared = Data("<?xml version='1.0' encoding='ISO-8859-1'?>".utf8)
        var files: [Data] = []
        for bytes in [Self.ebcdic, Data([1, 2, 3]), Data([0x0A, 0xFF, 0x0A])] {
            files.append(Self.joined(Self.whole, bytes))
            files.append(Self.joined(bytes, Self.whole))
            files.append(Self.joined(head, bytes, tail))
            files.append(Self.joined(head, Data("<x></testcase>".utf8), bytes, tail))
        }
        files.append(Self.joined(declared, head, Self.ebcdic, tail))
        files.append(Self.joined(declared, Self.whole, Self.ebcdic))
        for bytes in files {
            let reasons = try ReadReport(bytes).summary.incomplete
            #expect(reasons.contains { $0.contains("can't be read in the file's encoding") }, "\(Array(bytes))")
        }
        let tap = Self.joined(Data("1..1\nok 1\n".utf8), Self.ebcdic)
        #expect(try ReadReport(tap, name: "r.tap").summary.incomplete.count == 1)
    }

    @Test("zeros and space behind a report do not, and no text in another encoding does")
    func text() throws {
        let latin = Self.joined(
            Data("<testsuite name='s'><testcase name='".utf8), Data([0xE4]), Data("'><system-out>".utf8),
            Data([0xFC, 1]), Data("</system-out></testcase></testsuite>".utf8))
        let zeros = Self.joined(Self.whole, Data(count: 100), Data(" \n\0\n".utf8))
        for bytes in [zeros, latin] { #expect(try ReadReport(bytes).summary.incomplete.isEmpty) }
        let tap = Self.joined(Data("1..1\nok 1\nFertig: gr".utf8), Data([0xFC]), Data("n\n".utf8))
        #expect(try ReadReport(tap, name: "r.tap").summary.incomplete.isEmpty)
    }

    @Test("results in TAP behind a report that failed make it incomplete")
    func tap() throws {
        let report = try ReadReport(Self.joined(Self.whole, Data("\n1..2\nok 1\nnot ok 2\n".utf8)))
        #expect(report.summary.incomplete == ["a document of another format in the file isn't read: TAP"])
        let prose = try ReadReport(Self.joined(Self.whole, Data("\nall is ok\n".utf8)))
        #expect(prose.summary.incomplete.isEmpty)
    }
}
