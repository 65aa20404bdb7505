import Testing
import Tokenization

/// What `tokenizer.json` may and may not say.
@Suite struct TokenizerFileTests {
    private static let model = #"{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":[["a","b"]]}"#

    private func open(_ json: String) throws -> SubwordTokenizer {
        try SubwordTokenizer(tokenizerJSON: Array(json.utf8), source: "t.json")
    }

    @Test func theSmallestFileOpens() throws {
        let tokenizer = try open(#"{"model":\#(Self.model)}"#)
        #expect(try tokenizer.encode("abba").map(\.id) == [2, 1, 0])
        #expect(tokenizer.decode([0, 1]) == Array("a b".utf8))
    }

    @Test func mergesMayBeTextAndComeFirst() throws {
        let tokenizer = try open(
            ##"{"model":{"merges":["#version: 0.2","a b"],"vocab":{"a":0,"b":1,"ab":2},"type":"BPE"}}"##)
        #expect(try tokenizer.encode("ab").map(\.id) == [2])
    }

    @Test func aWordOfWhichAPartHasNoTokenIsUnknown() throws {
        let model = ###"{"type":"WordPiece","vocab":{"[UNK]":0,"a":1,"##b":2,"##bc":3},"max_input_chars_per_word":4}"###
        let tokenizer = try open(#"{"model":\#(model)}"#)
        #expect(try tokenizer.encode("abcb") == [Token(id: 1, end: 1), Token(id: 3, end: 3), Token(id: 2, end: 4)])
        #expect(try tokenizer.encode("abcx") == [Token(id: 0, end: 4)])
        #expect(try tokenizer.encode("b") == [Token(id: 0, end: 1)])
        #expect(try tokenizer.encode("abbbb") == [Token(id: 0, end: 5)])
        let strict = try open(#"{"model":{"type":"WordPiece","vocab":{"a":0}}}"#)
        #expect(throws: TokenizerError.self) { try strict.encode("b") }
    }

    @Test func wordsEndWithASpaceIfAnotherFollows() throws {
        let flags = #""single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true"#
        let tokenizer = try open(
            #"{"decoder":{"type":"BPEDecoder","suffix":"_"},"added_tokens":[{"id":2,"content":"!",\#(flags)}],"model":{"type":"BPE","vocab":{"a_":0,"b_c":1},"merges":[]}}"#
        )
        #expect(tokenizer.decode([0, 0, 1, 1]) == Array("a a b cbc".utf8))
        #expect(tokenizer.decode([0, 2, 0, 2]) == Array("a a".utf8))
    }

    @Test func theLastOfRepeatedKeysCounts() throws {
        let tokenizer = try open(
            #"{"model":{"vocab":{"x":0},"vocab":{"a":7,"a":0,"b":1,"ab":2},"merges":[],"merges":["a b"]}}"#)
        #expect(try tokenizer.encode("ab").map(\.id) == [2])
        #expect(try tokenizer.encode("a").map(\.id) == [0])
    }

    @Test func mergesAreOfTheVocabularyThatCounts() throws {
        let tokenizer = try open(
            #"{"model":{"vocab":{"a":0,"b":1,"ab":9},"merges":["a b"],"vocab":{"a":0,"b":1,"ab":2}}}"#)
        #expect(try tokenizer.encode("ab").map(\.id) == [2])
    }

    @Test(arguments: [true, false]) func wholePiecesMayPassOverMerges(ignores: Bool) throws {
        let vocabulary = #"{"a":0,"b":1,"c":2,"bc":3,"abc":4}"#
        let tokenizer = try open(
            #"{"model":{"type":"BPE","vocab":\#(vocabulary),"merges":["b c"],"ignore_merges":\#(ignores)}}"#)
        #expect(try tokenizer.encode("abc").map(\.id) == (ignores ? [4] : [0, 3]))
    }

    @Test func canonicallyEquivalentTokensStayApart() throws {
        let tokenizer = try open(#"{"model":{"type":"BPE","vocab":{"é":0,"e":1,"\u0301":2},"merges":[]}}"#)
        #expect(try tokenizer.encode("\u{E9}e\u{301}").map(\.id) == [0, 1, 2])
        #expect(tokenizer.id(of: "\u{E9}") == 0 && tokenizer.id(of: "e\u{301}") == nil)
    }

    @Test func escapesAreRead() throws {
        let tokenizer = try open(
            #"{"model":{"type":"BPE","vocab":{"\u0041":0,"\ud83d\ude00":1,"\n":2,"\"\\\/\b\f\r\t":3},"merges":[]}}"#)
        #expect(try tokenizer.encode("A😀\n").map(\.id) == [0, 1, 2])
        #expect(tokenizer.text(of: 3) == Array("\"\\/\u{8}\u{C}\r\t".utf8))
    }

    @Test func addedTokensWithoutPlaceInTheVocabularyAreCountedOn() throws {
        let flags = #""single_word":false,"lstrip":false,"rstrip":false,"normalized":false"#
        let tokenizer = try open(
            """
            {"added_tokens":[{"id":9,"content":"<x>","special":true,\(flags)},{"id":3,"content":"ab","special":false,\(flags)}],
             "model":\(Self.model)}
            """)
        #expect(tokenizer.id(of: "<x>") == 3 && tokenizer.vocabularyCount == 4)
        #expect(try tokenizer.encode("a<x>ab", control: .parsed).map(\.id) == [0, 3, 2])
    }

    @Test func stepsThatAreNoOpsLeaveTextAlone() throws {
        let tokenizer = try open(
            #"{"normalizer":{"type":"Sequence","normalizers":[]},"pre_tokenizer":null,"truncation":{"max_length":1},"padding":{"x":[1,{"y":null}]},"model":\#(Self.model)}"#
        )
        #expect(try tokenizer.encode("abab").map(\.id) == [2, 2])
    }

    @Test(arguments: [
        ("", "t.json:1:1: the file ends, expected '{'"), ("[]", "found '[', expected '{'"),
        ("{}", "there is no \"model\""),
        (#"{"version":"2.0"}"#, "expected \"1.0\""), (#"{"model":1}"#, "expected '{'"),
        (#"{"model":{}}"#, "there is no \"vocab\""),
        (#"{"model":{"vocab":{"a":0}}}"#, "a model 'of no type' isn't supported"),
        (#"{"model":{"type":"WordLevel","vocab":{"a":0}}}"#, "a model 'WordLevel' isn't supported"),
        (#"{"model":{"type":"WordPiece","vocab":{"a":0},"max_input_chars_per_word":-1}}"#, "max_input_chars_per_word"),
        (#"{"model":{"type":"BPE","vocab":{"a":0}}}"#, "BPE needs"),
        (#"{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}"#, "the id -1 is out of range"),
        (#"{"model":{"type":"BPE","vocab":{"a":4000000000},"merges":[]}}"#, "the id 4000000000 is out of range"),
        (#"{"model":{"type":"BPE","vocab":{"a":1.5},"merges":[]}}"#, "found 1.5, expected a whole number"),
        (#"{"model":{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}}"#, "the id 0 is that of 'a' too"),
        (#"{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a","b"]]}}"#, "the merge needs 'b'"),
        (#"{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}}"#, "the merge needs 'ab'"),
        (#"{"model":{"type":"BPE","vocab":{"a":0},"merges":["ab"]}}"#, "expected two tokens with one space"),
        (#"{"model":{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}}"#, "expected two tokens"),
        (#"{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}}"#, "model.dropout is 0.1"),
        (#"{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"fuse_unk":3}}"#, "model.fuse_unk"),
        (#"{"model":{"type":"Unigram","vocab":[["a",0]],"unk_id":1}}"#, "model.unk_id"),
        (#"{"model":{"type":"Unigram","vocab":[["a"]]}}"#, "expected a text and a score"),
        (
            #"{"normalizer":{"type":"Precompiled"},"model":{"type":"BPE","vocab":{},"merges":[]}}"#,
            "normalizer: \"precompiled_charsmap\""
        ),
        (
            #"{"normalizer":{"type":"Precompiled","precompiled_charsmap":"BAAAAAAA"},"model":{"type":"BPE","vocab":{},"merges":[]}}"#,
            "normalizer: \"precompiled_charsmap\""
        ),
        (
            #"{"decoder":{"type":"Sequence","decoders":[{"type":"BPEDecoder","suffix":"</w>"},{"type":"Fuse"}]},"model":{"type":"BPE","vocab":{},"merges":[]}}"#,
            "after Fuse 'Fuse'"
        ),
        (
            #"{"pre_tokenizer":{"type":"UnicodeScripts"},"model":{"type":"BPE","vocab":{},"merges":[]}}"#,
            "pre_tokenizer 'UnicodeScripts'"
        ),
        (#"{"decoder":{"type":"CTC"},"model":{"type":"BPE","vocab":{},"merges":[]}}"#, "decoder 'CTC'"),
        (#"{"post_processor":{"type":"X"},"model":{"type":"BPE","vocab":{},"merges":[]}}"#, "post_processor 'X'"),
        (#"{"added_tokens":[{"content":"x"}],"model":{"type":"BPE","vocab":{},"merges":[]}}"#, "added_tokens[0]"),
        (#"{"model":{"type":"BPE","vocab":{"\ud800":0},"merges":[]}}"#, "half a surrogate pair"),
        (#"{"model":{"type":"BPE","vocab":{"\udc00":0},"merges":[]}}"#, "the second half"),
        (#"{"model":{"type":"BPE","vocab":{"\x":0},"merges":[]}}"#, "no such escape"),
        ("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"\n\":0},\"merges\":[]}}", "a control character"),
        (#"{"x":01}"#, "a leading zero"), (#"{"x":nul}"#, "expected a"),
        (#"{"x":1} y"#, "expected the end of the file"),
        (#"{"x":"#, "the file ends"), (#"{"x":"abc"#, "ends within a string"), (#"{"x":[1,]}"#, "expected a number"),
    ]) func whatIsWrongIsNamed(json: String, message: String) throws {
        let error = try #require(throws: TokenizerError.self) { try open(json) }
        #expect(error.description.hasPrefix("t.json"))
        #expect(error.description.contains(message), "\(error)")
    }

    @Test func placesCountLinesAndCharacters() throws {
        let error = try #require(throws: TokenizerError.self) { try open("{\n  \"ü\": 1,\n  \"ü\": x\n}") }
        #expect(error.description.hasPrefix("t.json:3:8: "))
    }

    @Test func bytesThatAreNotUTF8AreAnError() throws {
        let error = try #require(throws: TokenizerError.self) {
            try SubwordTokenizer(tokenizerJSON: Array("{\"".utf8) + [0xFF], source: "t.json")
        }
        #expect(error.description == "t.json: byte 2 isn't UTF-8")
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["[", "{\"a\":", "[[", "{\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":["])
    func depthIsBounded(text: String) {
        #expect(throws: TokenizerError.self) { try open("{\"x\":" + String(repeating: text, count: 100_000)) }
    }
}
