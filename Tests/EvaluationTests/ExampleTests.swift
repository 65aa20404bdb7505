import Evaluation
import Testing

@Suite struct ExampleTests {
    private static let examples = [
        Example(prompt: "1+1=", answer: "2", groups: ["short", "sums"]), Example(prompt: "", answer: "é", groups: []),
    ]

    @Test("examples come back from their table")
    func roundTrip() throws {
        let table = Example.table(Self.examples)
        #expect(table == "prompt\tanswer\tgroups\n1+1=\t2\tshort sums\n\té\t\n")
        #expect(try Example.examples(table: table, file: Example.member) == Self.examples)
    }

    @Test(
        "a table of something else is refused with its line",
        arguments: [
            ("", "examples.tsv:1: expected the header"),
            ("prompt\tanswer\n", "examples.tsv:1: expected the header"),
            ("prompt\tanswer\tgroups\r\na\tb\t\r\n", "examples.tsv:1: lines end with a carriage return"),
            ("prompt\tanswer\tgroups\na\tb\t\na\tb\n", "examples.tsv:3: expected 3 tab-separated cells, found 2"),
        ])
    func refused(table: String, message: String) {
        let error = #expect(throws: DatasetError.self) { try Example.examples(table: table, file: "examples.tsv") }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
}
