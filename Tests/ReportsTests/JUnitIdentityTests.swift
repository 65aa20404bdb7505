import Catalogue
import Foundation
import Testing

@Suite("What tells tests apart") struct JUnitIdentityTests {
    @Test(
        "the class is what a writer calls it",
        arguments: [
            ("classname='C'", "C"), ("class='C'", "C"), ("className='C'", "C"), ("class_name='C'", "C"),
            ("class='a\\C' classname='a.C'", "a.C"), ("classname='a.C' class='a\\C'", "a.C"),
            ("classname='' class='C'", "C"),
            ("package='p' class='C'", "C"), ("package='p'", "p"), ("fixture='F'", "F"), ("", ""),
        ])
    func classes(attributes: String, expected: String) throws {
        let xml = "<testsuite name='s'><testcase name='t' \(attributes)/></testsuite>"
        #expect(try ReadReport(xml).cases.map(\.className) == [expected])
        #expect(try ReadReport.merged(xml).cases.map(\.className) == [expected])
    }

    private static let fileRows: [(suite: String, testCase: String, expected: String)] = [
        ("", "", ""), ("", "file='a/b.rb' line='12'", "a/b.rb"), ("", "filepath='a/b.rb'", "a/b.rb"),
        ("", "filename='a/b.rb'", "a/b.rb"), ("file='s.js'", "", "s.js"), ("file='s.js'", "file='t.js'", "t.js"),
        ("filepath='s.js'", "file=''", "s.js"), ("", "file='a/b.rb:12'", "a/b.rb"),
        ("", "file='a/b.rb:12:3'", "a/b.rb"),
        ("", "file='./a/b.rb'", "a/b.rb"), ("", "file='a\\b.cs'", "a/b.cs"),
        ("", "file='/home/ci/agent-7/work/a/b.rb'", "a/b.rb"),
        ("", "file='file:///home/ci/agent-7/work/a%20b.rb'", "a b.rb"),
        ("file='/home/ci/agent-7/work/s.js'", "", "s.js"),
        ("", "file='/home/ci/agent-7/workshop/b.rb'", "/home/ci/agent-7/workshop/b.rb"),
        ("package='com.a'", "classname='T'", "com.a"), ("package='com.a'", "classname='com.a.T'", ""),
        ("package='s'", "classname='T'", ""), ("package='com.a' file='s.js'", "", "s.js, com.a"),
        // Where there is one suite, these say which machine ran it.
        ("hostname='agent-7' id='3'", "", ""),
    ]

    @Test("the qualifier is the file, and the package where nothing else says it", arguments: fileRows.indices)
    func files(number: Int) throws {
        let (suite, testCase, expected) = Self.fileRows[number]
        let xml = "<testsuites><testsuite name='s' \(suite)><testcase name='t' \(testCase)/></testsuite></testsuites>"
        for root in ["/home/ci/agent-7/work", "/home/ci/agent-7/work/"] {
            #expect(try ReadReport(xml, root: root).cases.map(\.qualifier) == [expected], "\(suite) \(testCase)")
        }
    }

    @Test(
        "cases of one name in one report are told apart by what they ran on",
        arguments: ["browser", "device", "platform", "project", "configuration", "parameters", "value_param"])
    func configurations(name: String) throws {
        let xml = """
            <testsuite name='s'><testcase name='t' \(name)='a'/><testcase name='t' \(name)='b'><failure/></testcase>
            <testcase name='u' \(name)='a'/></testsuite>
            """
        for report in [try ReadReport(xml), try ReadReport.merged(xml)] {
            #expect(report.cases.map(\.qualifier) == ["a", "b", "a"], "\(report)")
        }
        // Where nothing else has that name, it says where the test ran.
        let alone = "<testsuite name='s'><testcase name='t' \(name)='a'/><testcase name='u' \(name)='b'/></testsuite>"
        #expect(try ReadReport(alone).cases.map(\.qualifier) == ["", ""])
    }

    @Test("without a checkout, a path stays as it is")
    func rootless() throws {
        let xml = "<testsuite><testcase name='t' file='/w/a.rb'/></testsuite>"
        #expect(try ReadReport(xml).cases.map(\.qualifier) == ["/w/a.rb"])
        #expect(try ReadReport.merged(xml).cases.map(\.qualifier) == ["/w/a.rb"])
    }

    @Test("a file of a suite counts for the suites in it, the nearest first")
    func nested() throws {
        let xml = """
            <testsuites><testsuite name='o' file='o.js'><testcase name='x'/><testsuite name='i'><testcase name='y'/></testsuite>
            <testsuite name='j' file='j.js'><testcase name='z'/></testsuite></testsuite><testsuite name='k'><testcase name='w'/>
            </testsuite></testsuites>
            """
        #expect(try ReadReport(xml).cases.map(\.qualifier) == ["o.js", "o.js", "j.js", ""])
        #expect(try ReadReport.merged(xml).cases.map(\.qualifier) == ["o.js", "o.js", "j.js", ""])
    }

    /// Reports of several suites of one name, by attributes of the root and of the suites, and the names of their cases.
    private static let suiteRows: [(root: String, suites: [(attributes: String, names: String)], expected: [String])] =
        [
            // Playwright: also for a test of one browser alone.
            (
                "id='' name=''", [("hostname='chromium'", "a b"), ("hostname='firefox'", "a")],
                ["chromium", "chromium", "firefox"]
            ),
            ("id='' name=''", [("hostname='chromium'", "a")], ["chromium"]),
            ("id='' name=''", [("hostname=''", "a")], [""]),
            // One test on two hosts.
            ("", [("hostname='chrome'", "a b"), ("hostname='safari'", "a")], ["chrome", "chrome", "safari"]),
            // Shards: each test on one machine.
            ("", [("hostname='m1'", "a b"), ("hostname='m2'", "c")], ["", "", ""]),
            ("", [("id='0'", "a"), ("id='1'", "b")], ["", ""]), ("", [("id='0'", "a"), ("id='1'", "a")], ["0", "1"]),
            ("", [("package='p'", "a"), ("package='q'", "a")], ["p", "q"]),
            ("", [("browser='c' id='0'", "a"), ("browser='f' id='1'", "a")], ["c", "f"]),
            ("", [("device='x' hostname='m'", "a"), ("device='y' hostname='m'", "a")], ["x", "y"]),
            // Told apart by their files already.
            ("", [("file='1.js' hostname='m1'", "a"), ("file='2.js' hostname='m2'", "a")], ["1.js", "2.js"]),
            // Repeated on one machine.
            ("", [("hostname='m'", "a"), ("hostname='m'", "a")], ["", ""]),
        ]

    @Test("suites of one name are told apart where that is what tells their tests apart", arguments: suiteRows.indices)
    func suites(number: Int) throws {
        let (root, suites, expected) = Self.suiteRows[number]
        let isPlaywright = !root.isEmpty
        var xml = "<testsuites \(root)>"
        for suite in suites {
            xml += "<testsuite name='s' \(suite.attributes)>"
            for name in suite.names.split(separator: " ") {
                xml += "<testcase name='\(name)' \(isPlaywright ? "classname='s'" : "")/>"
            }
            xml += "</testsuite>"
        }
        xml += "</testsuites>"
        #expect(try ReadReport(xml).cases.map(\.qualifier) == expected)
        #expect(try ReadReport.merged(xml).cases.map(\.qualifier) == expected)
    }

    /// Nested suites with a case each, and what the cases' suites are called.
    private static let pathRows: [(suites: [[String]], expected: [String])] = [
        // Nothing that could be read in two ways.
        ([["a", "b"], ["a", "c"]], ["a/b", "a/c"]), ([["src/a.js"], ["src/b.js"]], ["src/a.js", "src/b.js"]),
        ([["a/b"], ["a/b"]], ["a/b", "a/b"]), ([["a", "", "b"], ["a", "b"]], ["a/b", "a/b"]),
        // A slash in a name is none between names.
        ([["a/b"], ["a", "b"]], ["a\\/b", "a/b"]), ([["a", "b"], ["a/b"], ["x/y"]], ["a/b", "a\\/b", "x\\/y"]),
        ([["a/b", "c"], ["a", "b/c"]], ["a\\/b/c", "a/b\\/c"]),
        ([["a/b"], ["a", "b"], ["a\\", "b"], ["a\\/b"]], ["a\\/b", "a/b", "a\\\\/b", "a\\\\\\/b"]),
    ]

    @Test("suite 'a/b' and suite 'b' in suite 'a' are told apart", arguments: pathRows.indices)
    func paths(number: Int) throws {
        let (suites, expected) = Self.pathRows[number]
        let xml = suites.map { names in
            names.map { "<testsuite name='\($0)'>" }.joined() + "<testcase name='t'/>"
                + names.map { _ in "</testsuite>" }.joined()
        }
        let document = "<testsuites>" + xml.joined() + "</testsuites>"
        #expect(try ReadReport(document).cases.map(\.suite) == expected)
        #expect(try ReadReport.merged(document).cases.map(\.suite) == expected)
    }
}
