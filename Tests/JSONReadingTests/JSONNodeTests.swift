import JSONReading
import Testing

@Suite struct JSONNodeTests {
    @Test("members keep their order and integers stay apart from other numbers")
    func membersKeepTheirOrderIntegers() throws {
        let json = try JSONNode(parsing: Array(#"{"b": [1, 1.0, -2e3], "a": null, "é": true}"#.utf8))
        #expect(json.members?.names == ["b", "a", "é"])
        #expect(json["b"] == .array([.int(1), .double(1), .double(-2000)]))
        #expect(json["b"]?.elements?.map(\.integer) == [1, 1, -2000])
        #expect(json["a"]?.isNull == true)
        #expect(json["c"] == nil)
    }

    @Test("names are compared byte by byte")
    func namesComparedByteByte() throws {
        let json = try JSONNode(parsing: Array("{\"\u{e9}\": 1, \"e\u{301}\": 2}".utf8))
        #expect(json["\u{e9}"] == .int(1))
        #expect(json["e\u{301}"] == .int(2))
    }

    @Test(
        "values",
        arguments: [
            (#""\u00e9\ud83d\ude00\n\/\"""#, JSONNode.string("é😀\n/\"")),
            ("18446744073709551616", .decimal("18446744073709551616")), ("-1e400", .decimal("-1e400")),
            (" 0 ", .int(0)), ("-0", .int(0)),
            ("1e30", .double(1e30)), ("Infinity", .double(.infinity)),
            ("-Infinity", .double(-.infinity)), ("[[], {}]", .array([.array([]), .object(JSONMembers())])),
        ])
    func values(text: String, expected: JSONNode) throws {
        #expect(try JSONNode(parsing: Array(text.utf8)) == expected)
    }

    @Test("numbers beyond what the machine's types hold are written as they were")
    func decimals() throws {
        let text = "{\"a\": 12345678901234567890, \"b\": [-98765432109876543210, 1e400], \"c\": 0.1}"
        let json = try JSONNode(parsing: Array(text.utf8))
        #expect(json.text == text)
        #expect(json["a"]?.number == Double("12345678901234567890") && json["a"]?.integer == nil)
        #expect(json["a"]?.kind == "a number")
    }

    @Test("Python's NaN")
    func pythonNaN() throws {
        #expect(try JSONNode(parsing: Array("NaN".utf8)).number?.isNaN == true)
    }

    @Test(
        "what isn't JSON is refused at its place",
        arguments: [
            ("", "1:1: expected a value, found the end of the text"),
            ("{\n \"a\": 1,\n \"a\": 2}", "3:2: duplicate name 'a'"),
            ("[1,]", "1:4: expected a value"), ("[1 2]", "1:4: expected ',' or ']'"),
            ("{\"a\" 1}", "1:6: expected ':' after the name 'a'"),
            ("{1: 2}", "1:2: expected a name in quotes"), ("1 2", "1:3: expected the end of the text after the value"),
            ("01", "1:1: expected a value"), ("1.", "1:3: expected a digit after the point"),
            ("\"a", "1:3: a string without its closing quote"),
            ("\"\\ud800\"", "1:8: a lone surrogate"), ("\"\\x\"", "1:4: an unknown escape"),
            ("tru", "1:1: expected a value"),
            ("\"\u{1}\"", "1:3: a control character in a string"), ("-", "1:1: expected a value"),
        ])
    func whatIsntJSONRefusedPlace(text: String, message: String) {
        let error = #expect(throws: JSONReadingError.self) { try JSONNode(parsing: Array(text.utf8)) }
        #expect(error?.description == message)
    }

    @Test("invalid UTF-8 is refused")
    func invalidUTF8Refused() {
        #expect(throws: JSONReadingError.self) { try JSONNode(parsing: [0x22, 0xC3, 0x22]) }
        #expect(throws: JSONReadingError.self) { try JSONNode(parsing: [0x22, 0x5C, 0x6E, 0xFF, 0x22]) }
    }

    @Test("deep nesting is refused")
    func deepNestingRefused() throws {
        let shallow = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(throws: Never.self) { try JSONNode(parsing: Array(shallow.utf8)) }
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(throws: JSONReadingError.self) { try JSONNode(parsing: Array(deep.utf8)) }
        let objects = String(repeating: "{\"a\":", count: 1_000_000)
        #expect(throws: JSONReadingError.self) { try JSONNode(parsing: Array(objects.utf8)) }
    }
}
