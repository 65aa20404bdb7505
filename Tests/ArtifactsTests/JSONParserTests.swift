import Artifacts
import Foundation
import Testing

struct JSONParserTests {
    @Test(
        "canonical text read and written is the same text",
        arguments: [
            "null", "true", "-12", "9223372036854775807", "1.0", "-0.5", "1e+20", "5e-324", "\"\"",
            "\"a\\\"b\\\\c\\n\\u0001é𝄞\"", "[]", "[1,1.0,[{}]]", "{\"a\":{\"b\":[1,2]},\"b\":null}",
        ])
    func canonical(text: String) throws {
        #expect(try JSONValue(parsing: text.utf8).canonical == text)
    }

    @Test("integers and doubles stay apart; integers beyond 64 bits are doubles")
    func numbers() throws {
        #expect(try JSONValue(parsing: "1".utf8) == .int(1))
        #expect(try JSONValue(parsing: "1.0".utf8) == .double(1))
        #expect(try JSONValue(parsing: "18446744073709551616".utf8) == .double(18_446_744_073_709_551_616))
    }

    @Test("escapes are read")
    func escapes() throws {
        #expect(try JSONValue(parsing: #""\u00e9\ud834\udd1e\/\b\f""#.utf8) == .string("é𝄞/\u{8}\u{C}"))
    }

    @Test(
        "what isn't JSON is refused",
        arguments: [
            "", " ", "{", "[", "\"", "[1,]", "{\"a\":1,}", "{a:1}", "01", "1.", ".5", "+1", "1e", "-", "nul", "NaN",
            "1e999", "\"\u{1}\"", "\"\\x\"", "\"\\ud834\"", "\"\\udd1e\"", "\"\\u12\"", "1 2", "{\"a\":1,\"a\":2}",
            "'a'",
            String(repeating: "[", count: 100_000), "{\"a\" 1}", "tru",
        ])
    func refused(text: String) {
        #expect(throws: (any Error).self) { try JSONValue(parsing: text.utf8) }
    }

    @Test("invalid UTF-8 is refused")
    func invalidUTF8() {
        #expect(throws: (any Error).self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
        #expect(throws: (any Error).self) { try JSONValue(parsing: [0xFF]) }
    }
}
