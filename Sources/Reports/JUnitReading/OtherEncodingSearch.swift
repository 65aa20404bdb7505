import Foundation

/// Looks in a report's bytes for markup of tests in an encoding of another width: a shell has added UTF-16 to a file in UTF-8, or
/// UTF-8 to one in UTF-16.
struct OtherEncodingSearch {
    private let mark: Data
    /// The end of the last piece, which a mark may begin in.
    private var tail = Data()
    private(set) var hasFound = false

    init(_ encoding: ReportEncoding) {
        let text = Array("<test".utf8)
        switch encoding {
        case .utf16, .utf32: mark = Data(text)
        // Of either order of the bytes.
        default: mark = Data(text.flatMap { [$0, 0] }.dropLast())
        }
    }

    mutating func look(at piece: Data) {
        guard !hasFound else { return }
        hasFound = (tail + piece.prefix(mark.count)).firstRange(of: mark) != nil || piece.firstRange(of: mark) != nil
        tail = (tail + piece.suffix(mark.count - 1)).suffix(mark.count - 1)
    }
}
