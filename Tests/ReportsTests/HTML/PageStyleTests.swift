import Foundation
import Reports
import Testing

/// The contrast that WCAG 2.2 AA asks for, computed from the style sheet that pages carry.
@Suite struct PageStyleTests {
    /// Colours by name, of the light scheme, the dark one and print.
    private static func schemes() throws -> [[String: String]] {
        let page = String(decoding: HTMLPage(title: "", sections: [], footer: "").html(), as: UTF8.self)
        let blocks = page.components(separatedBy: ":root{").dropFirst()
        return try blocks.map { block in
            let text = try #require(block.split(separator: "}").first)
            return Dictionary(
                text.matches(of: /--([a-z-]+):(#[0-9a-f]{6})/).map { (String($0.1), String($0.2)) },
                uniquingKeysWith: { $1 })
        }
    }

    /// Relative luminance.
    private static func luminance(_ colour: String) throws -> Double {
        let value = try #require(Int(colour.dropFirst(), radix: 16))
        let parts = [value >> 16 & 255, value >> 8 & 255, value & 255].map { part in
            let share = Double(part) / 255
            return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }

    private static func contrast(_ one: String?, _ other: String?) throws -> Double {
        let (first, second) = (try luminance(#require(one)), try luminance(#require(other)))
        return (max(first, second) + 0.05) / (min(first, second) + 0.05)
    }

    @Test("text stands out from its ground in every scheme")
    func text() throws {
        let schemes = try Self.schemes()
        #expect(schemes.count == 3)
        for colours in schemes {
            for ground in ["ground", "raised"] {
                for ink in ["text", "muted", "link"] {
                    #expect(try Self.contrast(colours[ink], colours[ground]) >= 4.5, "\(ink) on \(ground)")
                }
            }
            for tone in ["good", "bad", "warn", "idle"] {
                #expect(try Self.contrast(colours[tone], colours["\(tone)-ground"]) >= 4.5, "\(tone)")
                #expect(try Self.contrast(colours[tone], colours["ground"]) >= 4.5, "\(tone)")
                #expect(try Self.contrast(colours["text"], colours["\(tone)-ground"]) >= 4.5, "text on \(tone)")
            }
        }
    }

    @Test("bars, lines and boxes stand out from the page in every scheme")
    func graphics() throws {
        for colours in try Self.schemes() {
            for ink in ["one", "two", "three", "four", "five", "six", "edge"] {
                #expect(try Self.contrast(colours[ink], colours["ground"]) >= 3, "\(ink)")
            }
        }
    }
}
