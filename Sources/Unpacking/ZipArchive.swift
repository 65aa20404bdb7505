import Foundation

/// The members of a zip archive, by its central directory (PKWARE's APPNOTE 6.3, §4.3), without zip64 and encryption.
package struct ZipArchive {
    package struct Member: Sendable {
        package let name: String
        fileprivate let flags: Int
        fileprivate let method: Int
        fileprivate let checksum: UInt
        fileprivate let compressed: Int
        fileprivate let length: Int
        package let offset: Int
    }

    package static let mostMembers = 100_000
    /// Of the directory, in bytes: it is read as a whole.
    package static let largestDirectory = 64 << 20
    private static let endSize = 22
    private static let entrySize = 46
    private static let localSize = 30

    package let members: [Member]
    private let file: URL

    package init(_ file: URL) throws {
        self.file = file
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        let size = Int(try handle.seekToEnd())
        // The directory's end record is the last thing but for a comment of at most 65,535 bytes.
        let tailStart = max(0, size - Self.endSize - 65_535)
        let tail = try Self.read(handle, tailStart, size - tailStart)
        guard
            let end = stride(from: tail.count - Self.endSize, through: 0, by: -1)
                .first(where: { Self.number(tail, $0, 4) == 0x0605_4B50 })
        else {
            throw UnpackingProblem("it is no zip archive, or one without a directory: it was cut off or is damaged")
        }
        let count = Self.number(tail, end + 10, 2)
        let directorySize = Self.number(tail, end + 12, 4)
        let directoryStart = Self.number(tail, end + 16, 4)
        guard count != 0xFFFF, directoryStart != 0xFFFF_FFFF else {
            throw UnpackingProblem("it is a zip64 archive, which isn't read: unpack it first")
        }
        // What precedes the archive, as a program that unpacks it does, moves all places in it.
        let shift = tailStart + end - directorySize - directoryStart
        if shift > 0 {
            // Else the end of an archive within one that was cut off would be taken for its own.
            let start = try Self.read(handle, 0, 4)
            let isLast = end + Self.endSize + Self.number(tail, end + 20, 2) == tail.count
            guard Self.number(start + [0, 0, 0, 0], 0, 4) != 0x0403_4B50, isLast else {
                throw UnpackingProblem("its directory is damaged")
            }
        }
        guard count <= Self.mostMembers, shift >= 0 else { throw UnpackingProblem("its directory is damaged") }
        guard directorySize <= Self.largestDirectory else {
            throw UnpackingProblem(
                "its directory has \(directorySize) bytes, expected at most \(Self.largestDirectory): unpack it first")
        }
        let directory = try Self.read(handle, directoryStart + shift, directorySize)
        var members: [Member] = []
        var position = 0
        while members.count < count {
            guard position + Self.entrySize <= directory.count, Self.number(directory, position, 4) == 0x0201_4B50
            else {
                throw UnpackingProblem("its directory is damaged")
            }
            let nameLength = Self.number(directory, position + 28, 2)
            let next =
                position + Self.entrySize + nameLength + Self.number(directory, position + 30, 2)
                + Self.number(directory, position + 32, 2)
            guard next <= directory.count else { throw UnpackingProblem("its directory is damaged") }
            let name = directory[(position + Self.entrySize)...].prefix(nameLength)
            members.append(
                Member(
                    name: String(decoding: name, as: UTF8.self), flags: Self.number(directory, position + 8, 2),
                    method: Self.number(directory, position + 10, 2),
                    checksum: UInt(Self.number(directory, position + 16, 4)),
                    compressed: Self.number(directory, position + 20, 4),
                    length: Self.number(directory, position + 24, 4),
                    offset: Self.number(directory, position + 42, 4) + shift))
            position = next
        }
        self.members = members
    }

    /// Unpacks a member into a new file.
    package func unpack(_ member: Member, into plain: URL, _ budget: inout UnpackingBudget) throws {
        let output = try PlainFile(plain)
        try read(member, &budget) { try output.write($0) }
        try output.close()
    }

    /// A member's first bytes, unchecked; empty if it can't be unpacked.
    package func start(of member: Member, _ count: Int) -> [UInt8] {
        var start = FileStart(count)
        var budget = UnpackingBudget(compressed: member.compressed, limit: .max, ratioFloor: .max)
        do { try read(member, &budget) { try start.take($0) } } catch {}
        return start.bytes
    }

    /// Gives a member's bytes piece by piece. Only the end tells that all of them were right.
    ///
    /// - Throws: `UnpackingProblem`, or what `take` throws.
    package func read(
        _ member: Member, _ budget: inout UnpackingBudget, _ take: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard member.flags & 1 == 0 else { throw UnpackingProblem("it is encrypted") }
        guard member.length != 0xFFFF_FFFF, member.compressed != 0xFFFF_FFFF, member.offset < 0xFFFF_FFFF else {
            throw UnpackingProblem("it is a zip64 member, which isn't read: unpack it first")
        }
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        let header = try Self.read(handle, member.offset, Self.localSize)
        guard header.count == Self.localSize, Self.number(header, 0, 4) == 0x0403_4B50 else {
            throw UnpackingProblem("its place in the archive is damaged")
        }
        let start = member.offset + Self.localSize + Self.number(header, 26, 2) + Self.number(header, 28, 2)
        let written: (checksum: UInt, length: Int)
        switch member.method {
        case 0: written = try Inflation.copy(file, from: start, count: member.compressed, &budget, take)
        case 8: written = try Inflation.unpack(file, .deflate, from: start, count: member.compressed, &budget, take)
        case let other: throw UnpackingProblem("it is compressed by method \(other), expected 0 or 8: unpack it first")
        }
        guard written == (member.checksum, member.length) else {
            throw UnpackingProblem("its bytes don't fit the archive's checksum: it is damaged")
        }
    }

    private static func read(_ handle: FileHandle, _ offset: Int, _ count: Int) throws -> [UInt8] {
        try handle.seek(toOffset: UInt64(offset))
        return Array(try handle.read(upToCount: count) ?? Data())
    }

    /// A little-endian number.
    private static func number(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> Int {
        (0..<width).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
}
