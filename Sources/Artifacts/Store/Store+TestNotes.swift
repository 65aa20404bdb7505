import Foundation

/// `tests/quarantined/ID.json` and `tests/aliases/ID.json`: what people say of tests.
extension Store {
    /// The newest that is read. Written is 1 where it says all: 2 has tests with qualifiers.
    private static let noteFormat = 2

    private func path<Note: TestNote>(_: Note.Type, _ name: String) -> String {
        "\(path)/tests/\(Note.folder)/\(name).json"
    }

    /// All notes of one kind, by test.
    ///
    /// - Throws: `StoreError` for one that can't be read: what it says must not be lost quietly.
    package func notes<Note: TestNote>(_ kind: Note.Type) throws(StoreError) -> [Note] {
        var notes: [Note] = []
        for entry in try noteNames(kind) { notes.append(try note(kind, entry)) }
        return notes.sorted { $0.subject < $1.subject }
    }

    /// The names of a kind's files, without their suffix.
    func noteNames<Note: TestNote>(_: Note.Type) throws(StoreError) -> [String] {
        try Folder.entries("\(path)/tests/\(Note.folder)").filter { $0.hasSuffix(".json") }.map {
            String($0.dropLast(".json".count))
        }
    }

    func note<Note: TestNote>(_ kind: Note.Type, _ name: String) throws(StoreError) -> Note {
        let path = path(kind, name)
        let bytes = try OpenFile(reading: path).contents(limit: 1 << 20)
        func damaged(_ problem: String, _ code: StoreError.Code = .damaged) -> StoreError {
            StoreError(code, "\(path) can't be read: \(problem); repair or remove the file")
        }
        guard let fields = (try? JSONValue(parsing: bytes))?.members, fields["calm"]?.text == Note.kind,
            let format = fields["format"]?.integer
        else { throw damaged("it is no \(Note.kind)") }
        guard format <= Self.noteFormat else {
            throw damaged("it has format \(format), this calm reads up to \(Self.noteFormat)", .newerFormat)
        }
        guard let note = Note(fields: fields) else { throw damaged("a field is missing or of another type") }
        guard note.subject.digest.hex == name else { throw damaged("it is of the test \(note.subject)") }
        return note
    }

    /// Writes a note; the one there was of this kind and test is replaced. Atomic and durable.
    package func note<Note: TestNote>(_ note: Note) throws(StoreError) {
        var fields = note.fields
        fields["calm"] = .string(Note.kind)
        fields["format"] = .int(note.hasQualifiers ? 2 : 1)
        try Folder.create("\(path)/tests/\(Note.folder)")
        try write(
            JSONValue.object(fields).canonicalBytes, to: path(Note.self, note.subject.digest.hex), mode: 0o644)
    }

    /// Removes a note; false if there is none.
    package func removeNote<Note: TestNote>(_ kind: Note.Type, of test: TestName) throws(StoreError) -> Bool {
        let path = path(kind, test.digest.hex)
        guard unlink(path) == 0 else {
            if errno == ENOENT { return false }
            throw StoreError(errno: errno, "remove", path)
        }
        try Folder.synchronize(Folder.parent(of: path))
        return true
    }
}
