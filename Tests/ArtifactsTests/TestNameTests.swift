import Artifacts
import Testing

@Suite struct TestNameTests {
    @Test("a test is printed as shortly as it can be told from others")
    func text() {
        let test = TestName(suite: "pytest", className: "", name: "a::b", qualifier: "tests/a.py")
        #expect(test.description == "pytest::\"a::b\"")
        #expect(test.text(keepsEmptyParts: true) == "pytest::::\"a::b\"")
        #expect(test.text(showsQualifier: true) == "pytest::\"a::b\" [tests/a.py]")
        #expect(TestName(suite: "", className: "", name: "").description == "\"\"")
        #expect(TestName(suite: "", className: "C", name: "x[1]").description == "C::x[1]")
        #expect(TestName(suite: "", className: "", name: "x", qualifier: "").text(showsQualifier: true) == "x []")
    }

    @Test("what is printed of any test is parsed back", arguments: 0..<8)
    func roundTrip(seed: UInt64) {
        let pieces = [
            "a", "::", ":", "\"", "\\", " ", "[", "]", " [", "\n", "\t", "\u{301}", "\u{200B}", "é", "☃", "n",
            "\\u0041", "",
        ]
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        func part() -> String { (0..<next(5)).map { _ in pieces[next(pieces.count)] }.joined() }
        for _ in 0..<500 {
            let test = TestName(suite: part(), className: part(), name: part(), qualifier: part())
            let whole = test.text(keepsEmptyParts: true, showsQualifier: true)
            #expect(PrintedTestName(parsing: whole)?.names == [test], "\(whole)")
            let short = PrintedTestName(parsing: test.text(showsQualifier: true))
            #expect(short?.names.contains(test) == true, "\(whole)")
            #expect(!whole.unicodeScalars.contains { $0.value < 0x20 }, "\(whole)")
        }
    }
}
