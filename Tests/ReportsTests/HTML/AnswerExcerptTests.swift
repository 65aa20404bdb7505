import Reports
import Testing

@Suite struct AnswerExcerptTests {
    private let long = (0..<100).map(String.init).joined(separator: ",")

    @Test("an answer that fits stays whole")
    func short() {
        let answer = String(repeating: "1", count: 160)
        #expect(AnswerExcerpt(answer, besides: "").text == answer)
    }

    @Test("a long answer that is as expected shows head and tail, and counts what is left out")
    func alike() {
        #expect(
            AnswerExcerpt(long, besides: long).text
                == "0,1,2,3,4,5,6,7,8,9,10,11,12,13, …(225 characters)… 89,90,91,92,93,94,95,96,97,98,99")
    }

    @Test("one that leaves what was expected shows where")
    func different() {
        let other = long.replacing(",50,", with: ",77,")
        let text = AnswerExcerpt(long, besides: other).text
        #expect(text.hasPrefix("0,1,2,3,4,5,6,7,8,9,10,11,12,13, …(76 characters)… "))
        #expect(text.contains("48,49,50,51"))
        #expect(text.hasSuffix("… 89,90,91,92,93,94,95,96,97,98,99"))
        let shown = text.replacing(#/ …\(\d+ characters\)… /#, with: "").count
        let left = text.matches(of: /\((\d+) characters\)/).reduce(0) { $0 + (Int($1.1) ?? 0) }
        #expect(shown + left == long.count)
    }

    @Test("one that leaves it at its start or its end shows so once", arguments: ["", "x", "0,1,2,3"])
    func ends(other: String) {
        #expect(AnswerExcerpt(long, besides: other).text.matches(of: /characters/).count == 1)
        for other in [long + ",100", String(long.dropLast()), long.dropLast() + "8"] {
            let text = AnswerExcerpt(long, besides: other).text
            #expect(text.matches(of: /characters/).count == 1 && text.hasSuffix("97,98,99"))
        }
    }
}
