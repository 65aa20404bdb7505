import Pipelines
import Testing

@Suite("Last words") struct LastWordsTests {
    private static let traceback = """
        Epoch 1
        Traceback (most recent call last):
          File "in/script/train.py", line 9, in <module>
            main()
            ~~~~^^
          File "in/script/train.py", line 5, in main
            return rows[0]["a"] / rows[1]["b"]
                   ~~~~~~~^^^^^
        KeyError: 'a'
        """

    @Test("of a Python traceback it is the last frame and the error, whole")
    func traceback() throws {
        let words = try #require(LastWords(of: Self.traceback))
        #expect(
            words.text == """
                  File "in/script/train.py", line 5, in main
                    return rows[0]["a"] / rows[1]["b"]
                           ~~~~~~~^^^^^
                KeyError: 'a'
                """)
        #expect(words.isPart)
    }

    @Test("of chained tracebacks it is the last, and an error of several lines is kept")
    func chained() throws {
        let text =
            Self.traceback + """

                During handling of the above exception, another exception occurred:

                Traceback (most recent call last):
                  File "a.py", line 1, in f
                    g()
                ValueError: two
                lines
                make: *** [train] Error 1
                """
        let words = try #require(LastWords(of: text))
        #expect(
            words.text == "  File \"a.py\", line 1, in f\n    g()\nValueError: two\nlines\nmake: *** [train] Error 1")
    }

    @Test("a syntax error has no traceback, and is whole as well")
    func syntax() throws {
        let text = "  File \"a.py\", line 3\n    def f(\n         ^\nSyntaxError: '(' was never closed\n"
        let words = try #require(LastWords(of: text))
        #expect(words.text + "\n" == text && !words.isPart)
    }

    @Test("a traceback that was survived isn't what was said last")
    func survived() throws {
        let later = (1...20).map { "Epoch \($0)" }.joined(separator: "\n")
        #expect(try #require(LastWords(of: "\(Self.traceback)\n\(later)")).text == "Epoch 18\nEpoch 19\nEpoch 20")
    }

    @Test("of a stack trace it is the error and the first frames")
    func stackTrace() throws {
        let frames = (1...30).map { "    at f\($0) (x.js:\($0):1)" }.joined(separator: "\n")
        let words = try #require(LastWords(of: "start\nTypeError: x is not a function\n\(frames)\n\nNode.js v20.1\n"))
        #expect(words.text == "TypeError: x is not a function\n    at f1 (x.js:1:1)\n    at f2 (x.js:2:1)")
    }

    @Test("else it is the last three lines, each cut; nothing, if nothing was said")
    func lines() throws {
        let words = try #require(LastWords(of: "1\n2\n\n3\n\(String(repeating: "x", count: 5_000))\n"))
        #expect(words.text == "2\n3\n\(String(repeating: "x", count: 999))…" && words.isPart)
        #expect(try #require(LastWords(of: "1\n2\n")).isPart == false)
        #expect(LastWords(of: " \n\n") == nil)
    }
}
