import Tasks
import Testing

@Suite("Keys of English texts") struct EnglishKeyTests {
    @Test(
        "mnemonics aside, digits, punctuation, case, order and plurals make no difference",
        arguments: [
            ("Insert Rows", "rows, insert 2 row!"), ("Don't save", "dont save"), ("the user’s files", "the users file"),
            ("été", "Été"),
        ])
    func equal(one: String, other: String) { #expect(EnglishKey(one) == EnglishKey(other)) }

    @Test(
        "other words do",
        arguments: [("Insert row", "Insert column"), ("as", "a"), ("class", "clas"), ("one", "one two")])
    func different(one: String, other: String) { #expect(EnglishKey(one) != EnglishKey(other)) }

    @Test("the words are sorted, each once")
    func words() { #expect(EnglishKey("To be, or not to be? 2b").text == "b be not or to") }
}
