import Testing
import Tokenization

/// Patterns that no fixture has: what isn't supported is named, and what is hopeless ends.
@Suite struct PatternTests {
    private func tokenizer(_ pattern: String) throws -> SubwordTokenizer {
        let escaped = pattern.replacing("\\", with: "\\\\")
        let json = """
            {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "\(escaped)"}, "behavior": "Isolated",
             "invert": false}, "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]}}
            """
        return try SubwordTokenizer(tokenizerJSON: Array(json.utf8))
    }

    @Test(arguments: [
        ("(", "isn't closed"), ("a)", "unmatched ')'"), ("[a", "isn't closed"), ("*a", "nothing to repeat"),
        (#"\p{Klingon}"#, "the property 'Klingon'"), ("(?<name>a)", "a kind of group"), (#"(a)\1"#, #"'\1'"#),
        ("(?<=a+)b", "no fixed length"), ("(a*)*", "can be empty"), ("[[:alpha:]]", "a POSIX set"),
        ("a{5000}", "out of range"),
        ("(?i:é)", "isn't ASCII"), (#"a\"#, "a backslash at the end"), ("[b-a]", "a range"),
    ]) func whatIsNotSupportedIsNamed(pattern: String, message: String) throws {
        let error = try #require(throws: TokenizerError.self) { try tokenizer(pattern) }
        #expect(error.description.contains(message) && error.description.contains("pre_tokenizer"))
    }

    @Test func nestingIsBounded() throws {
        let deep = String(repeating: "(?:", count: 100_000) + String(repeating: ")", count: 100_000)
        #expect(throws: TokenizerError.self) { try tokenizer(deep) }
        #expect(throws: TokenizerError.self) { try tokenizer(String(repeating: "[", count: 100_000)) }
        #expect(throws: TokenizerError.self) { try tokenizer("((((a{1000}b){1000}c){1000}d){1000}e)") }
    }

    @Test(.timeLimit(.minutes(1))) func aHopelessPatternEnds() throws {
        let tokenizer = try tokenizer("(?:a|aa)+c")
        #expect(throws: TokenizerError.self) { try tokenizer.encode(String(repeating: "a", count: 100)) }
        #expect(try tokenizer.encode("ab").map(\.id) == [2])
    }

    @Test func matchesCutWhatWouldMerge() throws {
        #expect(try tokenizer("a(?=b)").encode("abab").map(\.id) == [0, 1, 0, 1])
        #expect(try tokenizer("ba").encode("abab").map(\.id) == [0, 1, 0, 1])
        #expect(try tokenizer("x").encode("abab").map(\.id) == [2, 2])
    }
}
