import Foundation

/// A section, comment or instruction that was never closed ends where the next one does, and the cases between are lost without
/// a mistake that XML knows of. It shows by end tags that have no start tag in it.
struct SwallowedMarkup {
    private static let names = ["testcase", "testsuite"]
    /// Of a comment, in which nothing is printed, results count, too.
    private static let namesInComments = names + ["failure", "error", "skipped", "system-out", "system-err"]

    /// How many elements had begun before the section.
    private var element = -1
    /// How many of each name are open in the pieces of the section so far.
    private var open: [Int] = []

    /// Whether a section, or a piece of one, closes a test case or suite that it doesn't open.
    ///
    /// A whole report that a test has printed does not.
    ///
    /// - Parameter element: The same for all pieces of a section.
    mutating func isIn(section text: UnsafePointer<CChar>, of element: Int) -> Bool {
        if self.element != element { (self.element, open) = (element, Self.names.map { _ in 0 }) }
        for (index, name) in Self.names.enumerated() where Self.closesMore(text, name, &open[index]) { return true }
        return false
    }

    /// The same of a comment or instruction, for results and outputs as well.
    static func isIn(comment text: UnsafePointer<CChar>) -> Bool {
        if strstr(text, "</") == nil { return false }
        return namesInComments.contains { name in
            var open = 0
            return closesMore(text, name, &open)
        }
    }

    private static func closesMore(_ text: UnsafePointer<CChar>, _ name: String, _ open: inout Int) -> Bool {
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
