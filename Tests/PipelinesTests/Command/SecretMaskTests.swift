import Foundation
import Pipelines
import Testing

@Suite("Masking the values of variables") struct SecretMaskTests {
    private func masked(_ text: String, _ values: String...) -> String { SecretMask(values).masking(text) }

    @Test("a value is masked wherever it stands, and a short one isn't")
    func plain() {
        #expect(masked("a tok-1 b tok-1", "tok-1") == "a *** b ***")
        #expect(masked("abc", "abc") == "abc")
        #expect(masked("abcd", "abcd") == "***")
        #expect(SecretMask(["", "1", "abc", "   \n  "]).isEmpty)
    }

    @Test("of two values the longer is masked as a whole, and what overlaps as well")
    func overlapping() {
        #expect(masked("key=secret-long, secret", "secret", "secret-long") == "key=***, ***")
        #expect(masked("abcdefghi.", "abcdef", "defghi") == "***.")
        // The longer one only begins.
        #expect(masked("secret-lon", "secret", "secret-long") == "***-lon")
        #expect(masked("aaaaaaab", "aaaa") == "***b")
    }

    @Test("each line of a value of several lines is masked, and a short one isn't")
    func lines() {
        let key = "-----BEGIN KEY-----\nMIIBVgIBADANBg\nab\n-----END KEY-----\n"
        #expect(masked("x MIIBVgIBADANBg y ab", key) == "x *** y ab")
        #expect(masked("<\(key)>", key) == "<***>")
        #expect(
            masked("{\"key\": \"-----BEGIN KEY-----\\nMIIBVgIBADANBg\\nab\\n-----END KEY-----\"}", key)
                == "{\"key\": \"***\"}")
    }

    @Test(
        "a value is masked as it stands in URLs, JSON and base64",
        arguments: ["p@ss w/rd+1", "s3cr\"et\\x", "Größe-ü-42", "0123456789abcdef"])
    func encoded(_ value: String) throws {
        let url = try #require(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        #expect(masked("?t=\(url)&", value) == "?t=***&")
        #expect(masked("?t=\(url.replacing("%20", with: "+"))&", value) == "?t=***&")
        let json = try #require(String(data: JSONEncoder().encode([value]), encoding: .utf8))
        #expect(masked(json, value) == "[\"***\"]")
        for user in ["", "u:", "us:", "use:"] {
            let basic = Data("\(user)\(value)".utf8).base64EncodedString()
            let found = masked("Basic \(basic)", value)
            #expect(found.contains("***"))
            // At the ends a character may hold bits of what surrounds the value.
            let left = found.replacing("Basic ", with: "").split(separator: "***").map(String.init)
            #expect(left.allSatisfy { $0.count <= 8 } && left.count <= 2, "\(found)")
        }
    }

    @Test(
        "a value is masked as programs write it in hexadecimal",
        arguments: ["%02x", "%02X"], ["", " ", ":", ", 0x"])
    func hexadecimal(_ format: String, _ separator: String) {
        let value = "p@ss-Ü\n1"
        let text = value.utf8.map { String(format: format, $0) }.joined(separator: separator)
        #expect(masked("<\(text)>", value) == "<***>")
    }

    @Test("a long value is masked in lines as base64(1) and xxd(1) write them")
    func brokenLines() {
        let value = (0..<40).map { "\($0 * 7 % 10)k" }.joined()
        let bytes = Array(value.utf8)
        let hexadecimal = stride(from: 0, to: bytes.count, by: 30).map { start in
            bytes[start...].prefix(30).map { String(format: "%02x", $0) }.joined()
        }
        #expect(masked(hexadecimal.joined(separator: "\n"), value) == "***")
        #expect(masked(hexadecimal.joined(separator: "\n00: "), value) == "***\n00: ***\n00: ***")
        let base64 = Data(bytes).base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed])
        let left = masked(base64, value)
        #expect(left.hasPrefix("***") && left.count < 8, "\(left)")
        let second = String(base64.split(separator: "\n")[1])
        #expect(masked(second, value).hasPrefix("***"))
    }

    @Test("a long value is masked wherever it is broken into lines", arguments: ["\n", "\r\n"])
    func folded(_ end: String) {
        let value = "Tok3n-of-some-length/with+signs=and-more"
        let options: Data.Base64EncodingOptions = [
            .lineLength76Characters, end == "\n" ? .endLineWithLineFeed : .endLineWithCarriageReturn,
        ]
        for length in 0..<80 {
            let user = String(repeating: "u", count: length)
            let basic = Data("\(user):\(value)".utf8).base64EncodedString(options: options)
                .replacing(#/[\r\n]+/#, with: end)
            let found = masked(basic, value)
            // At the ends a character may hold bits of what surrounds the value, and a break may part three from the rest.
            let left = found.split(separator: "***", omittingEmptySubsequences: false)
            #expect(left.count == 2 && left[1].count <= 4, "\(length): \(found)")
            #expect(left[0].count <= (length + 1) * 4 / 3 + 7, "\(length): \(found)")
        }
        for place in 5..<value.count - 1 {
            let text = value.prefix(place) + end + value.dropFirst(place)
            #expect(masked("<\(text)>", value) == "<***>")
        }
        #expect(masked("sh\nort-one", "short-one") == "sh\nort-one")
    }

    // Some seconds in a debug build; a list of all forms that begin with the same byte took minutes.
    @Test("the many forms of a long key don't make a long log slow", .timeLimit(.minutes(1)))
    func long() {
        var random = RandomSource(seed: 14)
        let letters = Array("ABCDEFGHabcdefgh0123456789+/xyzw")
        let lines = (0..<50).map { _ in String((0..<64).map { _ in letters[random.below(32)] }) }
        let log = (1...100_000).map { "\($0)\n" }.joined()
        #expect(masked("\(log)\(lines[7])", lines.joined(separator: "\n")) == "\(log)***")
    }

    @Test("a value is masked in the lines of dumps")
    func dumps() {
        let value = "abcdefgh\"ijklmnop&qrst"
        let dump = """
             61 62 63 64 65 66 67 68 22 69 6a 6b 6c 6d 6e 6f
             70 26 71 72 73 74
            00000000: 6162 6364 6566 6768 2269 6a6b 6c6d 6e6f  abcdefgh"ijklmno
            00000010: 7026 7172 7374                           p&qrst
            00000000  61 62 63 64 65 66 67 68  22 69 6a 6b 6c 6d 6e 6f  |abcdefgh"ijklmno|
            00000010  70 26 71 72 73 74                                 |p&qrst|
            """
        #expect(
            masked(dump, value) == """
                 ***
                00000000: ***  ***
                00000010: ***                           p&qrst
                00000000  ***  |***|
                00000010  ***                                 |p&qrst|
                """)
    }

    @Test(
        "a value is masked as programs write it in HTML and XML",
        arguments: [
            "a&lt;b&gt;&amp;&quot;c&#39;/Ü=", "a&lt;b>&amp;\"c'/Ü=", "a&lt;b&gt;&amp;&#34;c&#39;/Ü=",
            "a&lt;b&gt;&amp;&quot;c&#x27;/Ü=", "a&lt;b&gt;&amp;&quot;c&apos;/Ü=", "a&lt;b&gt;&amp;&quot;c&#039;/Ü=",
            "a&lt;b&gt;&amp;&quot;c&#39;&#x2F;Ü&#x3D;", "a&#60;b&#62;&#38;&#34;c&#39;/Ü=",
            "a&lt;b&gt;&amp;&quot;c'/&#220;=",
            "a&#x3c;b&#x3e;&#x26;&#x22;c&#x27;/Ü=", "a&#x3C;b&#x3E;&#x26;&#x22;c&#x27;/&#xDC;=",
        ])
    func markup(_ text: String) {
        #expect(masked("[\(text)]", "a<b>&\"c'/Ü=") == "[***]")
    }

    @Test("values are found over the borders of what is read, whatever these are")
    func pieces() {
        let mask = SecretMask(["secret", "secret-long", "cret-longer"])
        let text = "a secret, a secret-long and a secret-longer one; secre, secret-lon"
        let whole = mask.masking(text)
        #expect(whole == "a ***, a *** and a *** one; secre, ***-lon")
        var random = RandomSource(seed: 18)
        for _ in 0..<300 {
            var stream = SecretMask.Stream(mask)
            var rest = Array(text.utf8)[...]
            var result: [UInt8] = []
            while !rest.isEmpty {
                let count = min(random.below(9) + 1, rest.count)
                result += stream.take(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            result += stream.end()
            #expect(String(decoding: result, as: UTF8.self) == whole)
        }
    }

    @Test("what can't be part of a value is passed on at once")
    func prompt() {
        var stream = SecretMask.Stream(SecretMask(["secret"]))
        #expect(stream.take(Array("hello sec".utf8)) == Array("hello ".utf8))
        #expect(stream.take(Array("ond".utf8)) == Array("second".utf8))
        #expect(stream.end() == [])
    }

    @Test(
        "a value with quotes is masked as shells and languages print it",
        arguments: [
            #"'it'\''s"$x\y/Ü'"#, #"'it'"'"'s"$x\y/Ü'"#, #""it's\"\$x\\y/Ü""#, #"it\'s\"\$x\\y/Ü"#,
            #"$'it\'s"$x\\y/Ü'"#, #"$'it\'s"$x\\y/\303\234'"#, #"'it\'s"$x\\y/Ü'"#, #""it's\"$x\\y/Ü""#,
            #"it\'s\"$x\\y/Ü"#, #"b'it\'s"$x\\y/\xc3\x9c'"#, #""it's\"$x\\y\/\u00DC""#, #"'it\'s"$x\\y/\xdc'"#,
        ])
    func quoted(_ text: String) {
        #expect(masked("<\(text)>", #"it's"$x\y/Ü"#).contains("***"), "\(masked(text, #"it's"$x\y/Ü"#))")
        #expect(!masked(text, #"it's"$x\y/Ü"#).contains("s"))
    }

    @Test(
        "a value with control characters is masked as shells and languages print it",
        arguments: [
            #"ab\u0001c\u001f\u001bZ\n1"#, #"ab\u0001c\u001F\u001BZ\n1"#, #"ab\x01c\x1f\x1bZ\n1"#,
            #"ab\001c\037\EZ\n1"#,
            #"ab\001c\037\033Z\n1"#, #"ab\1c\37\33Z\n1"#, #"ab\u{01}c\u{1F}\u{1B}Z\n1"#, #"ab\u{1}c\u{1f}\u{1b}Z\n1"#,
        ])
    func control(_ text: String) {
        let value = "ab\u{1}c\u{1F}\u{1B}Z\n1"
        #expect(masked("'\(text)'", value) == "'***'")
        #expect(masked(value.debugDescription, value) == "\"***\"")
    }

    @Test("what a message leaves of a value that it cuts is masked")
    func cut() {
        #expect(masked("is \"secret-lo…, 'secre'… or sec…", "secret-long") == "is \"***…, '***'… or sec…")
        #expect(masked("secret-long… a…", "secret-long") == "***… a…")
    }
}
