import ProcessorTime
import Testing

/// Mistakes that are many: the time grows with their number, not with its square.
@Suite(.serialized) struct MarkupMenderSpeedTests {
    private static func many(_ unit: String, _ count: Int) -> String { String(repeating: unit, count: count) }

    /// A mistake for which libxml2 leaves the rest to the mender, many of them, and a failure behind them.
    private static func read(_ mistakes: String) throws -> MendedReport {
        try MendedReport(
            "<testsuite name='s'>&<testcase name='a'/>\(mistakes)<testcase name='z'><failure/></testcase></testsuite>")
    }

    @Test(
        "what has no end is looked for once",
        arguments: [
            ("", "<!--", ""), ("", "<![CDATA[", ""), ("", "<?", ""), ("", "</x", ""),
            ("<testcase name='u'><system-out>", "<!--", "</system-out></testcase>"),
            (
                "<testcase name='u'><system-out>", "<![CDATA[]]>",
                "</system-outs></system-out> x </system-out></testcase>"
            ),
        ])
    func endless(before: String, unit: String, after: String) throws {
        let started = processorSeconds()
        let read = try Self.read(before + Self.many(unit, 100_000) + after)
        #expect(read.cases.first == "s|a passed" && read.cases.last == "s|z failed")
        // No tag and no end behind them.
        _ = try? MendedReport("<testsuite name='s'>&<testcase name='a'/>\(before)\(Self.many(unit, 100_000))")
        #expect(processorSeconds() - started < 60)
    }

    @Test("end tags of nothing, in a text and below many suites")
    func strayEnds() throws {
        let started = processorSeconds()
        let text = Self.many("<testcase>", 20_000) + Self.many("</error>", 20_000)
        let read = try Self.read("<testcase name='u'><system-out>\(text)</system-out></testcase>")
        #expect(read.cases.last == "s|z failed")
        let suites = Self.many("<testsuite name='q'>", 20_000)
        let deep = try MendedReport(
            "\(suites)\(Self.many("</x>", 20_000))<testcase name='z'><failure/></testcase>\(Self.many("</testsuite>", 20_000))"
        )
        #expect(deep.cases.count == 1 && deep.cases[0].hasSuffix("|z failed"))
        #expect(processorSeconds() - started < 60)
    }

    @Test("suites that are too deep to be kept end with their own end tags")
    func tooDeep() throws {
        let (begin, end) = (Self.many("<testsuite name='q'>", 3000), Self.many("</testsuite>", 3000))
        let read = try Self.read("\(begin)<testcase name='u'/>\(end)")
        #expect(read.cases.count == 3 && read.cases.last == "s|z failed", "\(read.cases.map { $0.suffix(20) })")
    }

    @Test("attributes beyond the first 1,000 of a tag are left out, which makes the report incomplete")
    func attributes() throws {
        let started = processorSeconds()
        let many = (0..<20_000).map { "a\($0)='v'" }.joined(separator: " ")
        let read = try Self.read("<testcase name='u' \(many)/>")
        #expect(read.cases == ["s|a passed", "s|u passed", "s|z failed"])
        #expect(read.summary.incomplete.contains { $0.hasPrefix("19001 attributes left out") }, "\(read.summary)")
        #expect(processorSeconds() - started < 60)
    }

    @Test("a section is read about as fast whatever it holds", arguments: ["", "&"])
    func sections(mistake: String) throws {
        func seconds(_ unit: String) throws -> Double {
            let text = Self.many(unit, (16 << 20) / unit.utf8.count)
            let xml =
                "<testsuite name='s'>\(mistake)<testcase name='a'><system-out><![CDATA[\(text)]]></system-out></testcase></testsuite>"
            let started = processorSeconds()
            #expect(try MendedReport(xml).cases == ["s|a passed"])
            return processorSeconds() - started
        }
        let plain = try seconds("x")
        // They take up to four times as long; looking for the section's end anew with each piece of it took thirty.
        for unit in ["<failure/>", "<", "</", "a > b\n"] {
            #expect(try seconds(unit) < 8 * plain + 1, "\(unit), \(plain)")
        }
    }
}
