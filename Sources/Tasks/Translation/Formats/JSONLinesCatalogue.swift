import JSONReading

// JSONL: {"source": …, "target": …, "language": …} a line, of which the target is English; empty lines and other fields are left out.
extension MessageCatalogue {
    /// - Throws: `CatalogueError` naming the line that is no pair.
    package init(jsonLines bytes: [UInt8]) throws {
        self.init()
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let lines = bytes.dropFirst(bytes.starts(with: mark) ? mark.count : 0)
            .split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated()
        where line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) {
            let place = "line \(index + 1)"
            let node: JSONNode
            do {
                node = try JSONNode(parsing: Array(line))
            } catch {
                throw CatalogueError("\(place), column \(error.column): \(error.message)")
            }
            guard let object = node.members else {
                throw CatalogueError("\(place): \(node.kind), expected an object with 'source' and 'target'")
            }
            guard let source = try Self.text("source", of: object, place),
                let target = try Self.text("target", of: object, place)
            else {
                let names = object.names.prefix(12).joined(separator: ", ")
                throw CatalogueError(
                    "\(place): expected 'source' and 'target', found \(names.isEmpty ? "no field" : names)")
            }
            entries.append(
                Entry(
                    english: target, source: source, language: try Self.text("language", of: object, place),
                    place: place))
        }
        guard !entries.isEmpty else {
            throw CatalogueError("no line, expected an object with 'source' and 'target' a line")
        }
    }

    private static func text(_ field: String, of object: JSONMembers, _ place: String) throws -> String? {
        guard let value = object[field], !value.isNull else { return nil }
        guard let text = value.string else {
            throw CatalogueError("\(place), field '\(field)': \(value.kind), expected a string")
        }
        return text
    }
}
