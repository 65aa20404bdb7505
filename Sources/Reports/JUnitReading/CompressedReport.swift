import Foundation
import Unpacking

/// A gzip file, zip or tar archive of reports, as build servers hand them out, unpacked to plain files.
///
/// Nothing that an archive says decides where a file is written; its names are for messages only. All that one file unpacks
/// to is bounded, and checked against the archive's own checksums.
package struct CompressedReport {
    package enum Format: String, Sendable, CaseIterable {
        case gzip, zip, tar, bzip2, xz, zstd, lz4, lzip, compress
        case sevenZip = "7-Zip"
        case rar = "RAR"

        fileprivate var magic: [UInt8] {
            switch self {
            case .gzip: [0x1F, 0x8B]
            case .zip: [0x50, 0x4B, 3, 4]
            // Known by its header's checksum.
            case .tar: []
            case .bzip2: [0x42, 0x5A, 0x68]
            case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A]
            case .zstd: [0x28, 0xB5, 0x2F, 0xFD]
            case .lz4: [4, 0x22, 0x4D, 0x18]
            case .lzip: Array("LZIP".utf8)
            case .compress: [0x1F, 0x9D]
            case .sevenZip: [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]
            case .rar: Array("Rar!\u{1A}\u{7}".utf8)
            }
        }
    }

    /// A plain file, or why there is none. One member that can't be unpacked costs only itself.
    package enum Member: Sendable {
        /// `name` is for messages: `reports.zip!unit/a.xml`.
        case file(URL, name: String)
        case refused(RefusedReport)
    }

    /// What one file may unpack to in all, in bytes.
    static let limit = JUnitReader.fileLimit
    /// What all files of one call may unpack to, in bytes.
    package static let callLimit = 4 * limit
    /// How many bytes a byte may unpack to, beyond `ratioFloor`; deflate can't do more than 1,032.
    static let ratio = 500
    package static let ratioFloor = 64 << 20
    /// An archive in an archive is read, one in that isn't.
    private static let deepest = 2

    package private(set) var members: [Member] = []
    /// Whether it is an archive, or one is in it, so that it may hold no report at all.
    package private(set) var isArchive = false
    private(set) var budget: UnpackingBudget
    private let folder: URL

    /// The format of a file, by its first bytes; nil if it isn't compressed.
    package static func format(of file: URL) throws -> Format? { format(try start(of: file)) }

    /// The format of a file, tar among them, whose name may say, too, that it is a zip archive: with a program in front of it that
    /// unpacks it.
    package static func format(of file: URL, name: String) throws -> Format? {
        let start = try start(of: file)
        if let format = format(start) { return format }
        if TarArchive.isTar(file) { return .tar }
        let isArchive = [".zip", ".exe"].contains { name.lowercased().hasSuffix($0) }
        return isArchive && !start.contains(UInt8(ascii: "<")) && !start.isEmpty ? .zip : nil
    }

    private static func start(of file: URL) throws -> [UInt8] {
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        return Array(try handle.read(upToCount: 6) ?? Data())
    }

    static func format(_ start: [UInt8]) -> Format? {
        // An archive without members has its end record alone.
        if start.starts(with: [0x50, 0x4B, 5, 6]) { return .zip }
        return Format.allCases.first { !$0.magic.isEmpty && start.starts(with: $0.magic) }
    }

    /// Unpacks a file into a folder that exists: what a gzip file holds, or each member of an archive that may be a report, in the
    /// order of their names. Members may be gzip files or archives themselves.
    ///
    /// - Parameters:
    ///   - name: what messages call the file.
    ///   - rest: how many bytes may still be unpacked, of this file and all after it.
    package static func unpack(
        _ file: URL, _ format: Format, name: String, into folder: URL, rest: Int = .max
    ) -> CompressedReport {
        let size = (try? FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int) ?? 0
        var unpacking = CompressedReport(budget: UnpackingBudget(compressed: size, rest: rest), folder: folder)
        unpacking.unpack(file, format, name, depth: 0)
        return unpacking
    }

    private init(budget: UnpackingBudget, folder: URL) {
        self.budget = budget
        self.folder = folder
    }

    private mutating func unpack(_ file: URL, _ format: Format, _ name: String, depth: Int) {
        do {
            switch format {
            case .gzip:
                let base = name.split(whereSeparator: { $0 == "/" || $0 == "!" }).last.map(String.init) ?? name
                let plain = try place(base.lowercased().hasSuffix(".gz") ? String(base.dropLast(3)) : base)
                try written(plain) { try Inflation.unpack(gzip: file, into: plain, &budget) }
                try add(plain, name, depth)
            case .zip:
                isArchive = true
                let archive = try ZipArchive(file)
                let wanted = archive.members.filter { member in
                    Self.isWanted(member.name, in: name) { archive.start(of: member, $0) }
                }
                for member in wanted.sorted(by: { ($0.name, $0.offset) < ($1.name, $1.offset) }) {
                    unpack(member.name, of: name, depth) { try archive.unpack(member, into: $0, &$1) }
                }
            case .tar:
                isArchive = true
                let archive = try TarArchive(file)
                let wanted = archive.members.filter { member in
                    Self.isWanted(member.name, in: name) { archive.start(of: member, $0) }
                }
                for member in wanted.sorted(by: { ($0.name, $0.offset) < ($1.name, $1.offset) }) {
                    unpack(member.name, of: name, depth) { try archive.unpack(member, into: $0, &$1) }
                }
                if let problem = archive.problem { throw problem }
            default:
                throw UnpackingProblem(UnreadForm.refusal("compressed (\(format.rawValue))"))
            }
        } catch {
            members.append(.refused(RefusedReport(file: name, reason: "\(error)", isForeign: false)))
        }
    }

    /// Unpacks a member of an archive, by `write`.
    private mutating func unpack(
        _ member: String, of archive: String, _ depth: Int, _ write: (URL, inout UnpackingBudget) throws -> Void
    ) {
        let name = "\(archive)!\(member)"
        do {
            let plain = try place(member)
            try written(plain) { try write(plain, &budget) }
            try add(plain, name, depth)
        } catch {
            members.append(.refused(RefusedReport(file: name, reason: "\(error)", isForeign: false)))
        }
    }

    /// Has a file written; nothing stays of one that could not be written to its end.
    private func written(_ plain: URL, _ write: () throws -> Void) throws {
        do { try write() } catch {
            try? FileManager.default.removeItem(at: plain)
            throw error
        }
    }

    /// Takes an unpacked file, or unpacks it once more.
    private mutating func add(_ plain: URL, _ name: String, _ depth: Int) throws {
        guard let format = try Self.format(of: plain, name: name) else {
            return members.append(.file(plain, name: name))
        }
        guard depth < Self.deepest else {
            throw UnpackingProblem("it is compressed more than \(Self.deepest) times over: unpack it first")
        }
        unpack(plain, format, name, depth: depth + 1)
        try? FileManager.default.removeItem(at: plain)
    }

    /// Whether a name is that of a gzip file that may hold a report.
    static func isGzip(_ name: String) -> Bool {
        name.lowercased().hasSuffix(".gz")
    }

    /// Whether a file of this name in a folder or an archive is looked into. Visual Studio's `.trx` may say of failures what no
    /// report does.
    static func isReport(_ name: String) -> Bool {
        let name = name.lowercased()
        return [".xml", ".trx", ".tap", ".ktap", ".zip", ".gz", ".tgz", ".tar"].contains { name.hasSuffix($0) }
    }

    /// Whether a member of an archive is looked into, by its name or, where that says nothing, by its first bytes.
    private static func isWanted(_ name: String, in archive: String, _ start: (Int) -> [UInt8]) -> Bool {
        isReport(name) || UnreadForm.isOfResults(name, in: archive)
            || UnnamedReport.mayHaveName(name)
                && UnnamedReport.isReport(start(UnnamedReport.startSize), name: name, in: archive)
    }

    /// A place for a file, in a folder of its own, so that it can have the name that it has in its archive.
    private func place(_ name: String) throws -> URL {
        let own = folder.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        let last = name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
        let safe = String(String.UnicodeScalarView(last.unicodeScalars.filter { $0.value >= 0x20 }.suffix(60)))
        return own.appendingPathComponent(["", ".", ".."].contains(safe) ? "report.xml" : safe)
    }
}

extension UnpackingBudget {
    /// What a file of reports may unpack to.
    ///
    /// - Parameter rest: what may be unpacked in one call, all files together.
    package init(compressed: Int, rest: Int = .max) {
        self.init(
            compressed: compressed, limit: CompressedReport.limit, ratio: CompressedReport.ratio,
            ratioFloor: CompressedReport.ratioFloor, rest: rest)
    }
}
