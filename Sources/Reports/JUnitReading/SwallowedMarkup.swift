import Foundation

/// A section, comment or instruction that was never closed ends where the next one does, and the cases between are lost without
/// a mistake that XML knows of. It shows by end tags that have no start tag in it.
enum SwallowedMarkup {
    /// Whether the text closes a test case or suite that it doesn't open.
    ///
    /// A whole report that a test has printed does not.
    static func isIn(_ text: UnsafePointer<CChar>) -> Bool {
        closesMore(text, "</testcase", "testcase") || closesMore(text, "</testsuite", "testsuite")
    }

    private static func closesMore(_ text: UnsafePointer<CChar>, _ end: String, _ name: String) -> Bool {
        // Most texts hold none.
        guard strstr(text, end) != nil else { return false }
        var open = 0
        var rest = UnsafeMutablePointer(mutating: text)
        while let found = strstr(rest, name) {
            rest = found + name.utf8.count
            let place = UnsafePointer(found) - text
            if place > 1, found[-1] == slash, found[-2] == less {
                open -= 1
                if open < 0 { return true }
            } else if place > 0, found[-1] == less, let close = strchr(rest, Int32(greater)), close[-1] != slash {
                open += 1
            }
        }
        return false
    }

    private static let less = CChar(UInt8(ascii: "<"))
    private static let greater = CChar(UInt8(ascii: ">"))
    private static let slash = CChar(UInt8(ascii: "/"))
}
