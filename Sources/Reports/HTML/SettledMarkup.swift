import Artifacts
import Foundation
import Glibc

/// The list of sections and those sections of a page that pages of other runs share, word for word.
///
/// They stand between two comments, which say what the sections depend on and their digest. No text of a page can look like
/// them, since `<` is escaped.
package struct SettledMarkup: Sendable {
    let list: String
    let sections: String

    private static func opening(_ key: Digest) -> String { "<!-- settled by \(key) -->" }
    private static let closing = "<!-- until here: "

    private static func seal(_ list: String, _ sections: String) -> Digest {
        Digest(of: Array(list.utf8) + Array(sections.utf8))
    }

    /// Takes them from a page that was written with the same key; nil if it has another or isn't as it was written.
    package init?(of page: Data, key: Digest) {
        let parts = page.withUnsafeBytes { bytes -> (list: String, sections: String, seal: String)? in
            guard let start = Self.find(Self.opening(key), in: bytes, from: 0),
                let end = Self.find(Self.closing, in: bytes, from: start.upperBound),
                let list = Self.find("<nav ", in: bytes, from: 0),
                let listEnd = Self.find("</nav>", in: bytes, from: list.upperBound),
                listEnd.upperBound <= start.lowerBound,
                end.upperBound + 64 <= bytes.count
            else { return nil }
            func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
            return (
                text(list.lowerBound..<listEnd.upperBound), text(start.upperBound..<end.lowerBound),
                text(end.upperBound..<end.upperBound + 64)
            )
        }
        guard let parts, Self.seal(parts.list, parts.sections).hex == parts.seal else { return nil }
        (list, sections) = (parts.list, parts.sections)
    }

    init(list: String, sections: String) { (self.list, self.sections) = (list, sections) }

    /// The sections between their comments.
    func marked(by key: Digest) -> String {
        Self.opening(key) + sections + Self.closing + Self.seal(list, sections).hex + " -->"
    }

    /// Where `words`, which begin with a tag, first stand at or after `start`.
    private static func find(_ words: String, in bytes: UnsafeRawBufferPointer, from start: Int) -> Range<Int>? {
        guard let base = bytes.baseAddress else { return nil }
        let length = words.utf8.count
        var place = start
        while place + length <= bytes.count, let tag = memchr(base + place, 0x3C, bytes.count - place) {
            place = UnsafeRawPointer(tag) - base
            if place + length <= bytes.count, memcmp(tag, words, length) == 0 { return place..<place + length }
            place += 1
        }
        return nil
    }
}
