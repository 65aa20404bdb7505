import Artifacts
import Foundation
import JSONReading
import Pipelines

/// Cuts files into documents. A byte order mark in front of a file is no part of its text.
struct DocumentReader {
    /// What a document is.
    enum Unit: String, CaseIterable, Sendable {
        /// An object in files whose names end with .jsonl or .ndjson; of other files, the file.
        case auto
        case files
        /// Lines up to the next empty one.
        case paragraphs
        case lines
        /// The field of an object a line.
        case jsonl
    }

    /// What is done with a document that isn't UTF-8.
    enum InvalidText: String, CaseIterable, Sendable { case fail, skip, replace }

    var unit = Unit.auto
    var field = "text"
    var invalid = InvalidText.fail

    private(set) var documents: [TextDocument] = []
    /// Documents that are nothing but white space, that were left out since they aren't UTF-8, and that were mended.
    private(set) var empty = 0
    private(set) var skipped = 0
    private(set) var mended = 0

    /// Adds the documents of a file, a folder or a dataset of texts, by the names of its members.
    ///
    /// - Throws: `StageFailure` (bad input) naming file and line; `StoreError`.
    mutating func read(_ artifact: Artifact) throws {
        if artifact.manifest.type == .dataset {
            guard TextDocument.isMember(of: artifact) else {
                throw StageFailure(
                    .badInput,
                    "the dataset \(artifact.digest.short) of '\(artifact.stage)' has no texts; expected what text.corpus makes"
                )
            }
            let place = "\(TextDocument.member) of '\(artifact.stage)'"
            for line in Self.lines(of: Array(try artifact.data(TextDocument.member))[...], keepingEnds: false) {
                let object = try Self.object(line, place)
                add(
                    try Self.text("text", of: object, "\(place), line \(line.number)"),
                    object["source"]?.string ?? "line \(line.number)")
            }
            return
        }
        for (name, member) in artifact.manifest.members.sorted(by: { $0.key < $1.key }) {
            guard member.kind == .file || member.kind == .executable else { continue }
            try read(Array(try artifact.data(name)), name: name, place: "\(name) of '\(artifact.stage)'")
        }
    }

    private mutating func read(_ file: [UInt8], name: String, place: String) throws {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let bytes = file.dropFirst(file.starts(with: mark) ? mark.count : 0)
        let isJSON = name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson")
        switch unit {
        case .jsonl,
            .auto where isJSON:
            for line in Self.lines(of: bytes, keepingEnds: false) where !Self.isBlank(line.bytes) {
                guard let text = try decode(line, place) else { continue }
                let object = try Self.object(Line(number: line.number, bytes: Array(text.utf8)[...]), place)
                add(try Self.text(field, of: object, "\(place), line \(line.number)"), "\(name):\(line.number)")
            }
        case .auto, .files:
            if let text = try decode(Line(number: 1, bytes: bytes), place) { add(text, name) }
        case .lines:
            for line in Self.lines(of: bytes, keepingEnds: false) {
                if let text = try decode(line, place) { add(text, "\(name):\(line.number)") }
            }
        case .paragraphs:
            for paragraph in Self.paragraphs(of: bytes) {
                if let text = try decode(paragraph, place) { add(text, "\(name):\(paragraph.number)") }
            }
        }
    }

    private mutating func add(_ text: String, _ source: String) {
        if Self.isBlank(text.utf8) {
            empty += 1
        } else {
            documents.append(TextDocument(source: source, text: text))
        }
    }

    /// The text, or nil if it is to be left out.
    private mutating func decode(_ line: Line, _ place: String) throws -> String? {
        if let text = String(validating: line.bytes, as: UTF8.self) { return text }
        switch invalid {
        case .skip:
            skipped += 1
            return nil
        case .replace:
            mended += 1
            return String(decoding: line.bytes, as: UTF8.self)
        case .fail:
            let offset = UTF8.validCount(of: line.bytes)
            let before = line.bytes.prefix(offset)
            let number = line.number + before.count { $0 == 0x0A }
            let column = offset - (before.lastIndex(of: 0x0A).map { $0 - before.startIndex + 1 } ?? 0) + 1
            let byte = String(line.bytes[line.bytes.startIndex + offset], radix: 16, uppercase: true)
            throw StageFailure(
                .badInput,
                "\(place), line \(number), byte \(column): 0x\(byte) is not UTF-8; convert the file, or let text.corpus leave out "
                    + "or mend such documents with invalid-utf8: skip or replace")
        }
    }
}

// Lines and what is in them.
extension DocumentReader {
    /// Bytes that begin at a line, counted from 1.
    private struct Line {
        let number: Int
        let bytes: ArraySlice<UInt8>
    }

    /// The lines of a file; what comes behind the last line end is one if it isn't empty.
    private static func lines(of bytes: ArraySlice<UInt8>, keepingEnds: Bool) -> [Line] {
        var lines: [Line] = []
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.endIndex
            let next = min(end + 1, bytes.endIndex)
            var line = bytes[start..<(keepingEnds ? next : end)]
            if !keepingEnds, line.last == 0x0D { line = line.dropLast() }
            lines.append(Line(number: lines.count + 1, bytes: line))
            start = next
        }
        return lines
    }

    /// Lines between blank ones, without the line end behind the last of them.
    private static func paragraphs(of bytes: ArraySlice<UInt8>) -> [Line] {
        var paragraphs: [Line] = []
        var first: Line?
        var end = bytes.startIndex
        func close() {
            guard let start = first else { return }
            var text = bytes[start.bytes.startIndex..<end]
            if text.last == 0x0A { text = text.dropLast() }
            if text.last == 0x0D { text = text.dropLast() }
            paragraphs.append(Line(number: start.number, bytes: text))
            first = nil
        }
        for line in lines(of: bytes, keepingEnds: true) {
            if isBlank(line.bytes) {
                close()
            } else {
                if first == nil { first = line }
                end = line.bytes.endIndex
            }
        }
        close()
        return paragraphs
    }

    private static func isBlank(_ bytes: some Sequence<UInt8>) -> Bool {
        bytes.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
    }

    private static func object(_ line: Line, _ place: String) throws -> JSONMembers {
        let node: JSONNode
        do {
            node = try JSONNode(parsing: Array(line.bytes))
        } catch {
            throw StageFailure(.badInput, "\(place), line \(line.number), column \(error.column): \(error.message)")
        }
        guard let object = node.members else {
            throw StageFailure(.badInput, "\(place), line \(line.number): \(node.kind), expected an object")
        }
        return object
    }

    private static func text(_ field: String, of object: JSONMembers, _ place: String) throws -> String {
        guard let value = object[field] else {
            let names = object.names.prefix(12).joined(separator: ", ")
            throw StageFailure(
                .badInput, "\(place) has no field '\(field)'; it has: \(names.isEmpty ? "none" : names)")
        }
        guard let text = value.string else {
            throw StageFailure(.badInput, "\(place), field '\(field)': \(value.kind), expected a string")
        }
        return text
    }
}
