import Foundation

/// The regular files of a tar archive: POSIX ustar and pax (IEEE 1003.1, pax), GNU's long names, and the old format before them.
package struct TarArchive {
    package struct Member: Sendable {
        package let name: String
        package let offset: Int
        fileprivate let length: Int
        /// GNU's files with holes have a map in front of their bytes.
        fileprivate let isSparse: Bool
    }

    package static let mostMembers = 100_000
    private static let block = 512
    /// Of a name or of a pax header, in bytes.
    private static let longest = 1 << 20

    package private(set) var members: [Member] = []
    /// Why there may be more members than were found: the archive is damaged or was cut off.
    package private(set) var problem: UnpackingProblem?
    private let file: URL
    private let size: Int

    /// Whether a file begins with a header whose checksum is right, as every format of tar has.
    package static func isTar(_ file: URL) -> Bool {
        guard let handle = try? FileHandle(forReadingFrom: file) else { return false }
        defer { try? handle.close() }
        guard let start = try? handle.read(upToCount: block), start.count == block else { return false }
        return Header(Array(start)) != nil
    }

    package init(_ file: URL) throws {
        self.file = file
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        size = Int(try handle.seekToEnd())
        do { try list(handle) } catch let problem as UnpackingProblem { self.problem = problem }
    }

    private mutating func list(_ handle: FileHandle) throws {
        var position = 0
        var isEnded = false
        var own = Overrides()
        while position < size {
            let bytes = try Self.read(handle, position, Self.block)
            if bytes.allSatisfy({ $0 == 0 }) {
                // Another archive may follow, as `cat` puts them together.
                isEnded = true
                position += Self.block
                continue
            }
            guard bytes.count == Self.block else { throw UnpackingProblem("it was cut off within a header") }
            isEnded = false
            guard let header = Header(bytes) else {
                throw UnpackingProblem("the header at byte \(position) is damaged")
            }
            let start = position + Self.block
            // Only a file's own length can be in a pax header.
            let length = header.isFile ? own.length ?? header.length : header.length
            guard length <= size - start else {
                throw UnpackingProblem("it was cut off within '\((own.name ?? header.name).prefix(200))'")
            }
            position = start + (length + Self.block - 1) / Self.block * Self.block
            switch header.kind {
            case UInt8(ascii: "L"), UInt8(ascii: "x"):
                guard length <= Self.longest else {
                    throw UnpackingProblem("the header at byte \(start - Self.block) is too long: \(length) bytes")
                }
                let text = try Self.read(handle, start, length)
                if header.kind == UInt8(ascii: "x") {
                    own.take(pax: text)
                } else {
                    own.name = String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
                }
            case UInt8(ascii: "g"), UInt8(ascii: "K"): break
            default:
                if header.isFile {
                    guard members.count < Self.mostMembers else {
                        throw UnpackingProblem("it has more than \(Self.mostMembers) members: unpack it first")
                    }
                    members.append(
                        Member(
                            name: own.name ?? header.name, offset: start, length: length,
                            isSparse: header.kind == UInt8(ascii: "S") || own.isSparse))
                }
                own = Overrides()
            }
        }
        guard isEnded else { throw UnpackingProblem("it has no end: it was cut off") }
    }

    /// Unpacks a member into a new file.
    package func unpack(_ member: Member, into plain: URL, _ budget: inout UnpackingBudget) throws {
        guard !member.isSparse else {
            throw UnpackingProblem("it is a file with holes, which isn't read: unpack it first")
        }
        let output = try PlainFile(plain)
        _ = try Inflation.copy(file, from: member.offset, count: member.length, &budget) { try output.write($0) }
        try output.close()
    }

    /// A member's first bytes; empty if it can't be unpacked.
    package func start(of member: Member, _ count: Int) -> [UInt8] {
        guard !member.isSparse, let handle = try? FileHandle(forReadingFrom: file) else { return [] }
        defer { try? handle.close() }
        return (try? Self.read(handle, member.offset, min(count, member.length))) ?? []
    }

    private static func read(_ handle: FileHandle, _ offset: Int, _ count: Int) throws -> [UInt8] {
        try handle.seek(toOffset: UInt64(offset))
        return Array(try handle.read(upToCount: count) ?? Data())
    }
}

/// What headers in front of a file's own say of it.
private struct Overrides {
    var name: String?
    var length: Int?
    var isSparse = false

    /// Records `LENGTH KEY=VALUE\n`.
    mutating func take(pax text: [UInt8]) {
        var rest = text[...]
        while let space = rest.firstIndex(of: UInt8(ascii: " ")),
            let length = Int(String(decoding: rest[..<space], as: UTF8.self)), length > space - rest.startIndex + 1,
            length <= rest.count
        {
            let record = rest[(space + 1)..<(rest.startIndex + length - 1)]
            rest = rest[(rest.startIndex + length)...]
            guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let value = String(decoding: record[(equals + 1)...], as: UTF8.self)
            switch String(decoding: record[..<equals], as: UTF8.self) {
            case "path": name = value
            case "size": self.length = Int(value).flatMap { $0 >= 0 ? $0 : nil }
            case "GNU.sparse.major": isSparse = true
            default: break
            }
        }
    }
}

/// A header block whose checksum is right.
private struct Header {
    let name: String
    let length: Int
    let kind: UInt8

    var isFile: Bool { [0, UInt8(ascii: "0"), UInt8(ascii: "7"), UInt8(ascii: "S")].contains(kind) }

    init?(_ bytes: [UInt8]) {
        func text(_ range: Range<Int>) -> String { String(decoding: bytes[range].prefix { $0 != 0 }, as: UTF8.self) }
        // The sum of all bytes, those of the checksum itself taken for spaces.
        let sum = bytes.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
        guard Self.octal(bytes[148..<156]) == sum, let length = Self.number(bytes[124..<136]) else { return nil }
        self.length = length
        kind = bytes[156]
        let isPOSIX = bytes[257..<263].elementsEqual([0x75, 0x73, 0x74, 0x61, 0x72, 0])
        let prefix = isPOSIX ? text(345..<500) : ""
        name = prefix.isEmpty ? text(0..<100) : prefix + "/" + text(0..<100)
    }

    private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
        let digits = field.drop { $0 == 32 }.prefix { (48..<56).contains($0) }
        guard !digits.isEmpty,
            field.drop(while: { $0 == 32 }).dropFirst(digits.count).allSatisfy({ $0 == 0 || $0 == 32 })
        else { return nil }
        return Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }

    /// Octal digits, or GNU's binary number behind a byte of 128. No file is larger than 2⁶² bytes.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        guard field.first == 0x80 else { return octal(field) }
        let bytes = field.suffix(8)
        guard field.dropFirst().dropLast(8).allSatisfy({ $0 == 0 }), bytes.first.map({ $0 < 0x40 }) == true else {
            return nil
        }
        return bytes.reduce(0) { $0 << 8 | Int($1) }
    }
}
