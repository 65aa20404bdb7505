import Artifacts
import Foundation
import Glibc

/// The list of sections and those sections of a page that pages of other runs share, byte for byte.
///
/// The sections stand between two comments, which say what they depend on and the digest of list and sections. No text of a
/// page can look like them, since `<` is escaped.
package struct SettledMarkup: Sendable {
    /// The list of all sections of the page.
    let list: String
    /// The settled ones with their comments.
    let sections: Data

    private static func opening(_ key: Digest) -> String { "<!-- settled by \(key) -->" }
    private static let closing = "<!-- until here: "
    private static let end = " -->"

    /// Takes them from a page that was written with the same key; nil if it has another or isn't as it was written.
    package init?(of page: Data, key: Digest) {
        let places = page.withUnsafeBytes { bytes -> (list: Range<Int>, sections: Range<Int>)? in
            guard let opening = Self.find(Self.opening(key), in: bytes, from: 0),
                let closing = Self.find(Self.closing, in: bytes, from: opening.upperBound),
                let list = Self.find("<nav ", in: bytes, from: 0),
                let listEnd = Self.find("</nav>", in: bytes, from: list.upperBound),
                listEnd.upperBound <= opening.lowerBound, closing.upperBound + 64 + Self.end.utf8.count <= bytes.count
            else { return nil }
            let sectionsEnd = closing.upperBound + 64 + Self.end.utf8.count
            let seal = String(decoding: bytes[closing.upperBound..<sectionsEnd], as: UTF8.self)
            let (wholeList, content) = (
                bytes[list.lowerBound..<listEnd.upperBound], bytes[opening.upperBound..<closing.lowerBound]
            )
            guard Digest(of: [.init(rebasing: wholeList), .init(rebasing: content)]).hex + Self.end == seal else {
                return nil
            }
            return (list.lowerBound..<listEnd.upperBound, opening.lowerBound..<sectionsEnd)
        }
        guard let places else { return nil }
        list = String(decoding: page[places.list], as: UTF8.self)
        sections = page[places.sections]
    }

    /// Sections between their comments.
    static func mark(_ sections: String, list: String, by key: Digest) -> String {
        var (list, sections) = (list, sections)
        let seal = list.withUTF8 { list in
            sections.withUTF8 { Digest(of: [UnsafeRawBufferPointer(list), UnsafeRawBufferPointer($0)]) }
        }
        return opening(key) + sections + closing + seal.hex + end
    }

    /// Where `words`, which begin with a tag, first stand at or after `start`.
    private static func find(_ words: String, in bytes: UnsafeRawBufferPointer, from start: Int) -> Range<Int>? {
        guard let base = bytes.baseAddress else { return nil }
        let words = Array(words.utf8)
        var place = start
        while place + words.count <= bytes.count, let tag = memchr(base + place, 0x3C, bytes.count - place) {
            place = UnsafeRawPointer(tag) - base
            if place + words.count <= bytes.count, memcmp(tag, words, words.count) == 0 {
                return place..<place + words.count
            }
            place += 1
        }
        return nil
    }
}
