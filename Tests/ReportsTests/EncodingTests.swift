import Foundation
import Reports
import Testing

/// Files whose bytes aren't what they declare.
struct EncodingTests {
    private static func report(_ declared: String?) -> String {
        (declared.map { "<?xml version=\"1.0\" encoding=\"\($0)\"?>" } ?? "")
            + "<testsuite name=\"s\"><testcase name=\"größe\"/><testcase name=\"c\"><failure message=\"m\"/></testcase></testsuite>"
    }

    private static let cases = ["s|größe passed", "s|c failed"]
    private static let notUTF8 = "2 bytes that can't be UTF-8 read as Windows-1252"
    private static func misfit(_ name: String) -> String {
        "it declares the encoding '\(name)', which its bytes don't fit: read as UTF-8"
    }

    @Test(
        "bytes that don't fit the declared encoding are read as UTF-8, else as Windows-1252",
        arguments: [
            ("US-ASCII", .utf8, [misfit("US-ASCII")]), ("ascii", .isoLatin1, [misfit("ascii"), notUTF8]),
            ("UTF-8", .isoLatin1, [notUTF8]), ("UTF-8", .windowsCP1252, [notUTF8]), (nil, .isoLatin1, [notUTF8]),
            ("UTF-16", .utf8, [misfit("UTF-16")]), ("utf-32", .utf8, [misfit("utf-32")]),
            ("klingon", .utf8, [misfit("klingon")]), ("klingon", .isoLatin1, [misfit("klingon"), notUTF8]),
            ("ISO-8859-1", .isoLatin1, []), ("windows-1252", .windowsCP1252, []), ("UTF-8", .utf8, []),
            ("UTF-16", .utf16LittleEndian, []), ("UTF-16", .utf16BigEndian, []), (nil, .utf16LittleEndian, []),
            (nil, .utf16BigEndian, []), ("UTF-8", .utf16LittleEndian, []), ("ISO-8859-1", .utf16BigEndian, []),
            (nil, .utf32LittleEndian, []), ("UTF-32", .utf32BigEndian, []), (nil, .utf16, []),
        ] as [(String?, String.Encoding, [String])])
    func misfits(declared: String?, encoding: String.Encoding, warnings: [String]) throws {
        let bytes = try #require(Self.report(declared).data(using: encoding))
        let read = try MendedReport(bytes)
        #expect(read.cases == Self.cases)
        #expect(read.summary.warnings == warnings)
        #expect(read.summary.incomplete == [])
    }

    @Test(
        "a file of two encodings is incomplete, in whatever order they come",
        arguments: [
            [.utf8, .utf16LittleEndian], [.utf8, .utf16BigEndian], [.utf16LittleEndian, .utf8],
            [.utf16BigEndian, .utf8], [.utf8, .utf32LittleEndian], [.utf16LittleEndian, .utf16BigEndian],
            [.utf32BigEndian, .utf8], [.utf16LittleEndian, .nonLossyASCII, .utf16LittleEndian],
        ] as [[String.Encoding]])
    func mixed(_ encodings: [String.Encoding]) throws {
        for padding in ["", " ", String(repeating: "x", count: 1 << 18)] {
            var bytes = Data()
            for (encoding, name) in zip(encodings, encodings.count == 2 ? ["a", "b"] : ["a", "", "b"]) {
                if name.isEmpty {
                    // One byte that shifts all that follows.
                    bytes.append(0xA)
                    continue
                }
                let result = name == "b" ? "<failure/>" : "<system-out>\(padding)</system-out>"
                let text = "<testsuite name='s'><testcase name='\(name)'>\(result)</testcase></testsuite>"
                bytes += try #require(text.data(using: encoding))
            }
            let read = try MendedReport(bytes)
            #expect(
                read.summary.incomplete.contains {
                    $0 == "a part of the file is in another encoding than its beginning, and isn't read"
                }, "\(read.summary.incomplete) \(read.summary.warnings)")
        }
    }

    @Test("a byte order mark is believed rather than a declaration")
    func mark() throws {
        let read = try MendedReport(Data([0xEF, 0xBB, 0xBF]) + Data(Self.report("ISO-8859-1").utf8))
        #expect(read.cases == Self.cases)
    }

    @Test("what Windows-1252 has beyond Latin-1 is read, among UTF-8 too")
    func windows() throws {
        let bytes =
            Data("<testsuite name='s'><testcase name='ö ".utf8) + Data([0x80, 0x93, 0x94])
            + Data("'/></testsuite>".utf8)
        #expect(try MendedReport(bytes).cases == ["s|ö €“” passed"])
    }

    @Test(
        "characters that XML forbids and bytes of no character cost no case",
        arguments: [
            [0xEF, 0xBF, 0xBE], [0xEF, 0xBF, 0xBF], [0xED, 0xA0, 0x80], [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80],
            [0xC0, 0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80], [0], [0x1B], [0xE2, 0x82], [0xFF], Array("&#xFFFE;&#xD800;&#0;".utf8),
        ] as [[UInt8]])
    func characters(bytes: [UInt8]) throws {
        var xml = Data("<testsuite name='s'><testcase name='a'><system-out>".utf8) + Data(bytes)
        xml += Data("</system-out></testcase><testcase name='b'><failure message='".utf8) + Data(bytes)
        xml += Data("'/></testcase></testsuite>".utf8)
        let read = try MendedReport(xml)
        #expect(read.cases == ["s|a passed", "s|b failed"])
        #expect(read.summary.warnings.count == 1 && read.summary.incomplete == [], "\(read.summary.warnings)")
    }

    @Test("a byte that becomes nine stops nothing", .timeLimit(.minutes(1)))
    func expansion() throws {
        let head = "<?xml version='1.0' encoding='TSCII'?><testsuite name='s'><testcase name='a'><system-out>"
        let tail = "</testcase><testcase name='b'><failure/></testcase></testsuite>"
        let read = try ReadReport(Data(head.utf8) + Data(repeating: 0x87, count: 50_000) + Data(tail.utf8))
        #expect(read.lines == ["s||a passed", "s||b failed"], "\(read.lines)")
    }

    @Test("nothing of libxml2's own is written to standard error")
    func silence() async throws {
        let result = try await #require(
            processExitsWith: .success, observing: [\.standardErrorContent]
        ) {
            let texts: [[UInt8]] = [
                Array("<?xml version='1.0' encoding='US-ASCII'?><testsuite name='ö'/>".utf8),
                Array("<?xml version='1.0' encoding='Shift_JIS'?><testsuite name='".utf8) + [0x85, 0xFF, 0xFE]
                    + Array("'/>".utf8),
                Array("<?xml version='1.0' encoding='ebcdic-us'?><testsuite/>".utf8),
                Array("<?xml version='1.0' encoding='UTF-7'?><testsuite name='&x;'".utf8),
                Array("<!DOCTYPE t SYSTEM 'http://127.0.0.1:9/t'><testsuite><a:b/></testsuit".utf8),
                [0xFF, 0xFE, 0x3C, 0, 0x3F, 0, 0, 0xD8], [0x4C, 0x6F, 0xA7, 0x94], [0, 0, 0, 0x3C, 0xFF],
            ]
            for text in texts { _ = try? MendedReport(Data(text)) }
        }
        #expect(String(decoding: result.standardErrorContent, as: UTF8.self) == "")
    }
}
