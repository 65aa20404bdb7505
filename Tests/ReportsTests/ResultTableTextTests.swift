import Pipelines
import Reports
import Testing

@Suite("A result table as text") struct ResultTableTextTests {
    @Test("columns are aligned; what has no value or no figure to compare with leaves its place empty")
    func alignment() {
        let table = ResultTable(
            title: "accuracy %", columns: ["anchor", "a very long model"], rows: ["kv-math", "x"],
            values: ["kv-math.anchor": 0.0004, "kv-math.a very long model": 1, "x.anchor": 0.12345],
            reference: ["kv-math.a very long model": 0.843, "x.a very long model": 0.07], notes: [])
        #expect(
            table.text == """
                accuracy %          anchor   a very long model
                ──────────────────────────────────────────────
                kv-math        0.0               100.0 ( 84.3)
                x             12.3                   – (  7.0)

                """)
    }

    @Test("numbers that aren't shares are shown as they are, and so is what they are compared with")
    func plain() {
        var table = ResultTable(
            title: "bits per byte", columns: ["a"], rows: ["x"], values: ["x.a": 1.5], margins: ["x.a": 0.25],
            reference: ["x.a": 2], notes: [])
        table.isPlain = true
        #expect(table.text.split(separator: "\n").last == "x               1.5 ±0.25 (2)")
    }

    @Test("a table of nothing has a header and a line")
    func empty() {
        let table = ResultTable(title: "t", columns: [], rows: [], values: [:], reference: [:], notes: [])
        #expect(table.text == "t\n─\n")
    }

    @Test("notes are list items, broken between words at 100 columns")
    func notes() {
        let words = Array(repeating: "nine.char", count: 22).joined(separator: " ")
        let giant = String(repeating: "w", count: 120)
        let table = ResultTable(
            title: "t", columns: [], rows: [], values: [:], reference: [:], notes: [words, "short", "a \(giant) b"])
        let nine = Array(repeating: "nine.char", count: 9).joined(separator: " ")
        let four = Array(repeating: "nine.char", count: 4).joined(separator: " ")
        #expect(
            table.text == """
                t
                ─
                - \(nine)
                  \(nine)
                  \(four)
                - short
                - a
                  \(giant)
                  b

                """)
        #expect(table.text.split(separator: "\n").filter { !$0.contains("w") }.allSatisfy { $0.count <= 100 })
    }

    @Test("in a narrow window columns stand below each other, and notes are broken to its width")
    func narrow() {
        let table = ResultTable(
            title: "accuracy %", columns: ["one", "two", "a column as wide as that"], rows: ["数"],
            values: ["数.one": 1, "数.two": 0.5, "数.a column as wide as that": 0.25], reference: [:],
            notes: ["nine.char nine.char nine.char nine.char"])
        #expect(
            table.text(width: 46) == """
                accuracy %             one             two
                ──────────────────────────────────────────
                数           100.0            50.0        

                accuracy %   a column as wide as that
                ─────────────────────────────────────
                数                       25.0        
                - nine.char nine.char nine.char nine.char

                """)
        let texts = [table.text(width: 46), table.text(width: 20), table.text]
        #expect(texts.allSatisfy { $0.contains(" 25.0") && $0.contains(" 50.0") })
        #expect(table.text(width: nil).split(separator: "\n").count == 4)
    }
}
