import Foundation
import Glibc

/// The reports that the paths of a command line name: files, folders with all that is below them, archives, standard input.
///
/// What can't be read costs itself alone. What must be copied or unpacked to be read is in a temporary folder, which goes with
/// this object.
package final class ReportSearch {
    package private(set) var files: [ReportInput] = []
    package private(set) var unreadable: [UnreadableReport] = []
    /// The folders and archives that were named.
    package private(set) var folders: [String] = []
    /// Files in them that aren't read, though they may hold results.
    private var unread: [String] = []
    /// Those in which there is something that was found elsewhere, too.
    private var repeated: Set<String> = []
    private let scratch = FileManager.default.temporaryDirectory.appendingPathComponent(
        "calm-reports-\(UUID().uuidString)")
    private var seen: Set<FileIdentity> = []
    private let paths: [String]
    /// How many bytes may still be unpacked.
    private var rest: Int

    /// - Parameters:
    ///   - paths: `-` is standard input.
    ///   - limit: how many bytes all archives may unpack to.
    package init(_ paths: [String], unpackingAtMost limit: Int = CompressedReport.callLimit) {
        self.paths = paths
        rest = limit
        for path in paths {
            if path == "-" {
                copyStandardInput()
            } else {
                look(at: path)
            }
        }
    }

    /// Removes the copy of a file that was read; a file that has a place of its own stays.
    package func discard(_ file: ReportInput) {
        guard file.url.path.hasPrefix(scratch.path + "/") else { return }
        try? FileManager.default.removeItem(at: file.url)
    }

    deinit { try? FileManager.default.removeItem(at: scratch) }

    /// - Parameter shown: how messages call it, where records have a shorter name.
    private func refuse(_ name: String, _ origin: String, _ reason: String, shown: String? = nil) {
        let refusal = RefusedReport(file: shown ?? origin, reason: reason, isForeign: false)
        unreadable.append(UnreadableReport(name: name, origin: origin, refusal: refusal))
    }

    private func look(at text: String) {
        let path = BytePath(text)
        let name = URL(fileURLWithPath: text).lastPathComponent
        guard !text.isEmpty, let status = path.status() else {
            let reason = text.isEmpty || errno == ENOENT ? "there is no such file or folder" : Self.problem(errno)
            return refuse(name, text, reason, shown: text.isEmpty ? "''" : text)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            guard seen.insert(FileIdentity(status)).inserted else { return }
            add(path, name, text, isNamed: true, status.modifiedAt)
        case S_IFDIR:
            folders.append(text)
            let search = FolderSearch(path)
            unread += search.unread.map { "\(text)/\($0)" }
            for item in search.odd {
                let isWhole = item.name.bytes.isEmpty
                refuse(
                    isWhole ? text : item.name.text, text, item.reason,
                    shown: isWhole ? text : "\(text)/\(item.name.text)")
            }
            for item in search.found {
                guard let status = item.path.status(), seen.insert(FileIdentity(status)).inserted else {
                    repeated.insert(text)
                    continue
                }
                add(item.path, item.name.text, text, isNamed: false, item.modifiedAt)
            }
        case S_IFIFO, S_IFCHR:
            // What a shell makes of `<(command)`; any other pipe may never have a writer.
            guard ["/dev/fd/", "/proc/self/fd/", "/dev/stdin"].contains(where: text.hasPrefix) else { fallthrough }
            let descriptor = open(text, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return refuse(name, text, Self.problem(errno)) }
            defer { close(descriptor) }
            copy(descriptor, text, text, isNamed: true, nil)
        default:
            refuse(name, text, "it is \(status.kind), expected a file or folder")
        }
    }

    private static func problem(_ code: Int32) -> String { "it can't be read: \(String(cString: strerror(code)))" }

    /// Takes a file, by its own path if it has one that is text.
    private func add(_ path: BytePath, _ name: String, _ origin: String, isNamed: Bool, _ modifiedAt: Double) {
        let shown = isNamed ? origin : "\(origin)/\(name)"
        // Opened first, without waiting for whatever may have taken its place.
        let descriptor = path.withCString { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC) }
        guard descriptor >= 0 else { return refuse(name, origin, Self.problem(errno), shown: shown) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return refuse(name, origin, "it is \(status.kind), expected a file", shown: shown)
        }
        guard path.isText else { return copy(descriptor, name, origin, isNamed: isNamed, modifiedAt) }
        take(URL(fileURLWithPath: path.text), name, origin, isNamed: isNamed, modifiedAt)
    }

    private func copyStandardInput() {
        guard !files.contains(where: { $0.origin == "-" }) else { return }
        copy(STDIN_FILENO, "-", "-", isNamed: true, nil)
    }

    private func copy(_ descriptor: Int32, _ name: String, _ origin: String, isNamed: Bool, _ modifiedAt: Double?) {
        do {
            let file = try place("report.xml")
            guard FileManager.default.createFile(atPath: file.path, contents: nil) else {
                throw CocoaError(.fileWriteUnknown)
            }
            let copy = try FileHandle(forWritingTo: file)
            defer { try? copy.close() }
            let source = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
            var count = 0
            // One byte beyond the limit is enough for its being refused.
            while count <= JUnitReader.fileLimit, let bytes = try source.read(upToCount: 1 << 20), !bytes.isEmpty {
                try copy.write(contentsOf: bytes)
                count += bytes.count
            }
            take(file, name, origin, isNamed: isNamed, modifiedAt)
        } catch {
            refuse(name, origin, "it can't be read: \(error.localizedDescription)")
        }
    }

    private func take(_ file: URL, _ name: String, _ origin: String, isNamed: Bool, _ modifiedAt: Double?) {
        let shown = isNamed ? origin : "\(origin)/\(name)"
        guard let format = try? CompressedReport.format(of: file, name: name) else {
            if let form = unreadForm(of: file, name) {
                return refuse(name, origin, UnreadForm.refusal(form), shown: shown)
            }
            files.append(
                ReportInput(
                    name: name, url: file, origin: origin, isNamed: isNamed, modifiedAt: modifiedAt, shown: shown))
            return
        }
        let unpacked: CompressedReport
        do {
            let folder = try place("").deletingLastPathComponent()
            unpacked = CompressedReport.unpack(file, format, name: name, into: folder, rest: rest)
            rest -= min(rest, unpacked.budget.unpacked)
        } catch {
            return refuse(name, origin, "it can't be unpacked: \(error.localizedDescription)", shown: shown)
        }
        // An archive is a folder of its own: other documents in it are passed over.
        if isNamed, unpacked.isArchive { folders.append(origin) }
        for member in unpacked.members {
            switch member {
            case .refused(let refusal):
                let place = shown + refusal.file.dropFirst(name.count)
                refuse(refusal.file, origin, refusal.reason, shown: place)
            case .file(let plain, let own):
                if let form = unreadForm(of: plain, own) {
                    refuse(own, origin, UnreadForm.refusal(form), shown: shown + own.dropFirst(name.count))
                    continue
                }
                // A log that was compressed, found in a folder.
                if !isNamed || unpacked.isArchive, CompressedReport.isGzip(own), !own.lowercased().hasSuffix(".xml.gz"),
                    !ReportForm.isTAP(own), !Self.mayBeReport(plain)
                {
                    continue
                }
                files.append(
                    ReportInput(
                        name: own, url: plain, origin: origin, isNamed: isNamed && !unpacked.isArchive,
                        modifiedAt: modifiedAt, shown: shown + own.dropFirst(name.count)))
            }
        }
    }

    /// Whether a file begins like XML, in any encoding, or like TAP.
    private static func mayBeReport(_ file: URL) -> Bool {
        let start = start(of: file)
        return start.prefix(64).contains(UInt8(ascii: "<")) || ReportForm.beginsLikeTAP(start)
    }

    /// What a file is that isn't read; nil if it may be read.
    private func unreadForm(of file: URL, _ name: String) -> String? {
        let start = Self.start(of: file)
        if UnreadForm.isSubunit(start) { return UnreadForm.form(name) ?? "Subunit" }
        return ReportForm.told(by: start) == nil ? UnreadForm.form(name) : nil
    }

    private static func start(of file: URL) -> [UInt8] {
        guard let handle = try? FileHandle(forReadingFrom: file) else { return [] }
        defer { try? handle.close() }
        return Array((try? handle.read(upToCount: UnnamedReport.startSize)) ?? Data())
    }

    /// A place for a file in a temporary folder of its own.
    private func place(_ name: String) throws -> URL {
        let folder = scratch.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.appendingPathComponent(name)
    }

    /// What to say of files that may hold results and aren't read; nil if there is none.
    package var warning: String? {
        if unread.isEmpty { return nil }
        let more = unread.count > 3 ? " and \(unread.count - 3) more" : ""
        return "\(counted(unread.count, "file")) passed over that may hold results, in a form that isn't read: "
            + "\(unread.prefix(3).joined(separator: ", "))\(more)"
    }

    /// What to say of each folder and archive that was named and in which nothing was a report.
    ///
    /// - Parameter foreign: the other documents that were found.
    package func foldersWithoutReports(_ foreign: [(file: ReportInput, refusal: RefusedReport)]) -> [UnreadableReport] {
        let documents = Dictionary(grouping: foreign) { $0.file.origin }
        let others = Dictionary(grouping: files) { $0.origin }.mapValues(\.count)
        let refused = Set(unreadable.map(\.origin))
        let named = folders.isEmpty && unreadable.isEmpty && files.isEmpty ? paths : folders
        return named.filter { folder in
            !refused.contains(folder) && !repeated.contains(folder)
                && others[folder, default: 0] == documents[folder]?.count ?? 0
        }.map { folder in
            let found = (documents[folder] ?? []).map { item in
                item.file.name + (ForeignDocument.format(item.refusal).map { " (\($0))" } ?? "")
            }
            let more = found.count > 5 ? " and \(found.count - 5) more" : ""
            let reason =
                found.isEmpty
                ? "it holds no .xml, .tap, .gz, .zip or .tar file"
                : "it holds no report in JUnit XML or TAP, but \(found.prefix(5).joined(separator: ", "))\(more); most test tools can "
                    + "write JUnit XML, and converters exist for the others"
            return UnreadableReport(
                name: folder, origin: folder, refusal: RefusedReport(file: folder, reason: reason, isForeign: false))
        }
    }
}
