import Foundation
import Glibc

/// What a person wants kept, whatever happens to the runs it came from: a file `pins/NAME.json`.
package struct Pin: Hashable, Sendable {
    /// Letters, digits, `.`, `_` and `-`, a letter or digit first; at most 100.
    package let name: String
    /// What was pinned, as a person says it: `run 20261125T…`, `stage composed of run …`, `artifact 0123…`.
    package let subject: String
    package let note: String
    /// Seconds since 1970.
    package let pinnedAt: Double
    /// Keys of the executions that it keeps, with what they read and made.
    package let executions: [Digest]
    package let artifacts: [Digest]
    /// The metrics of the run that was pinned in another store.
    package let baseline: RunBaseline?

    package init(
        name: String, subject: String, note: String, pinnedAt: Double, executions: [Digest], artifacts: [Digest],
        baseline: RunBaseline? = nil
    ) {
        self.name = name
        self.subject = subject
        self.note = note
        self.pinnedAt = pinnedAt
        self.executions = executions
        self.artifacts = artifacts
        self.baseline = baseline
    }
}

extension Pin {
    private static let format = 1

    /// The run that was pinned, or the run and the stage; nil for an artifact.
    package var run: (run: String, stage: String?)? {
        if subject.hasPrefix("run ") { return (String(subject.dropFirst(4)), nil) }
        guard subject.hasPrefix("stage "), let range = subject.range(of: " of run ", options: .backwards) else {
            return nil
        }
        let stage = subject[subject.index(subject.startIndex, offsetBy: 6)..<range.lowerBound]
        return (String(subject[range.upperBound...]), String(stage))
    }

    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "calm": .string("pin"), "format": .int(Self.format), "subject": .string(subject), "note": .string(note),
            "pinnedAt": .double(pinnedAt), "executions": .array(executions.map { .string($0.hex) }),
            "artifacts": .array(artifacts.map { .string($0.hex) }),
        ]
        // An earlier calm passes over it.
        members["baseline"] = baseline?.json
        return .object(members)
    }

    fileprivate init(name: String, json: JSONValue) throws(StoreError) {
        guard let fields = json.members, fields["calm"]?.text == "pin", let format = fields["format"]?.integer else {
            throw StoreError(.damaged, "it is not a pin")
        }
        guard format <= Self.format else {
            throw StoreError(.newerFormat, "it has format \(format), this calm reads up to \(Self.format)")
        }
        guard let subject = fields["subject"]?.text, let note = fields["note"]?.text,
            let pinnedAt = fields["pinnedAt"]?.number, let executions = Self.digests(fields["executions"]),
            let artifacts = Self.digests(fields["artifacts"])
        else { throw StoreError(.damaged, "a field is missing or of another type") }
        var baseline: RunBaseline?
        if let json = fields["baseline"] { baseline = try RunBaseline(json: json) }
        self.init(
            name: name, subject: subject, note: note, pinnedAt: pinnedAt, executions: executions, artifacts: artifacts,
            baseline: baseline)
    }

    private static func digests(_ value: JSONValue?) -> [Digest]? {
        guard case .array(let elements) = value else { return nil }
        let digests = elements.compactMap(\.digest)
        return digests.count == elements.count ? digests : nil
    }

    /// With a checksum; pins of an earlier calm have none.
    fileprivate var file: [UInt8] { Checksum.prepended(to: json.canonicalBytes) }

    fileprivate init(name: String, file bytes: [UInt8]) throws {
        _ = try Checksum.check(bytes)
        try self.init(name: name, json: JSONValue(parsing: bytes))
    }
}

extension Store {
    private var pinFolder: String { path + "/pins" }

    private func pinPath(_ name: String) -> String { "\(pinFolder)/\(name).json" }

    /// Whether a pin may have this name.
    package static func isPinName(_ name: String) -> Bool {
        guard let first = name.utf8.first, first.isLetterOrDigit, name.utf8.count <= 100 else { return false }
        return name.utf8.allSatisfy { $0.isLetterOrDigit || "._-".utf8.contains($0) }
    }

    /// All pins by name, and why the other files that are called like pins can't be read. A file of somebody else's can't be
    /// told from a damaged pin, so that no result may be collected while there is one.
    ///
    /// - Throws: `StoreError` with `.newerFormat`, or if the folder can't be read.
    package func pins() throws(StoreError) -> (pins: [Pin], problems: [String]) {
        var pins: [Pin] = []
        var problems: [String] = []
        for name in try pinNames() {
            do {
                pins.append(try pin(named: name))
            } catch {
                if error.code == .newerFormat { throw error }
                problems.append(error.message)
            }
        }
        return (pins, problems)
    }

    /// - Throws: `StoreError` with `.missing` if there is none of this name.
    package func pin(named name: String) throws(StoreError) -> Pin {
        let path = pinPath(name)
        let bytes = try OpenFile(reading: path).contents(limit: 64 << 20)
        do {
            return try Pin(name: name, file: bytes)
        } catch {
            let code = (error as? StoreError)?.code ?? .damaged
            throw StoreError(
                code,
                "the pin \(path) can't be read: \(error); repair the file, or move it away: `calm unpin \(name)` moves it to quarantine/"
            )
        }
    }

    /// Whether there is a pin of this name, readable or not.
    package func hasPin(_ name: String) -> Bool { access(pinPath(name), F_OK) == 0 }

    /// What a pin names and the store doesn't have, in a message; nil if it has all of it.
    ///
    /// Nothing may be collected then: what the pin was to keep may still be there.
    package func loss(of pin: Pin) -> String? {
        func list(_ what: String, _ digests: [Digest]) -> String? {
            guard !digests.isEmpty else { return nil }
            return "\(what) \(digests.prefix(3).map(\.short).joined(separator: ", "))\(digests.count > 3 ? ", …" : "")"
        }
        let lost = [
            list("execution", pin.executions.filter(isLost)), list("artifact", pin.artifacts.filter { !contains($0) }),
        ].compactMap(\.self)
        guard !lost.isEmpty else { return nil }
        return
            "the pin \(pinPath(pin.name)) (\(pin.subject)) names what the store doesn't have: \(lost.joined(separator: "; ")); run the pipeline or import the file again, or `calm unpin \(pin.name)`"
    }

    private func isLost(_ key: Digest) -> Bool {
        do {
            _ = try readExecution(key)
            return false
        } catch {
            return [.missing, .damaged, .hostile].contains((error as? StoreError)?.code)
        }
    }

    /// The names of all pins, sorted. Other files in the folder aren't of calm.
    package func pinNames() throws(StoreError) -> [String] {
        try Folder.entries(pinFolder).filter(isPinFile).map { String($0.dropLast(5)) }
    }

    /// Whether an entry of `pins/` has a name that calm gives a pin, and isn't a folder, a pipe or the like.
    func isPinFile(_ name: String) -> Bool {
        guard name.hasSuffix(".json"), Self.isPinName(String(name.dropLast(5))) else { return false }
        var status = stat()
        // A link that leads nowhere may have led to a pin.
        return stat("\(pinFolder)/\(name)", &status) != 0 || status.st_mode & S_IFMT == S_IFREG
    }

    /// Writes a pin; one of the same name is replaced.
    ///
    /// - Precondition: the name is one (``isPinName(_:)``).
    package func pin(_ pin: Pin) throws(StoreError) {
        precondition(Self.isPinName(pin.name), "'\(pin.name)' is not a valid name for a pin")
        try write(pin.file, to: pinPath(pin.name), mode: 0o644)
    }

    /// What became of a pin's file.
    package enum Unpinning: Hashable {
        case none, removed
        /// The file was no pin that could be read, and may be somebody's own; it was moved to this path.
        case setAside(String)
    }

    /// Removes a pin. What can't be read as one is kept in `quarantine/`.
    package func unpin(_ name: String) throws(StoreError) -> Unpinning {
        let file = pinPath(name)
        var status = stat()
        guard Self.isPinName(name), lstat(file, &status) == 0 else { return .none }
        do {
            _ = try pin(named: name)
        } catch {
            // A name that is not of what calm sets aside, which a collection may remove (`Store.isSetAside`).
            var aside = "pin-\(name).json"
            var number = 2
            while lstat("\(path)/quarantine/\(aside)", &status) == 0 {
                aside = "pin-\(name)-\(number).json"
                number += 1
            }
            let place = try setAside(file, as: aside)
            try Folder.synchronize(pinFolder)
            return .setAside(place)
        }
        guard unlink(file) == 0 else {
            if errno == ENOENT { return .none }
            throw StoreError(errno: errno, "remove the pin", file)
        }
        try Folder.synchronize(pinFolder)
        return .removed
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        (48...57).contains(self) || (65...90).contains(self) || (97...122).contains(self)
    }
}
