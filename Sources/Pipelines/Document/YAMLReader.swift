import Yams

/// Turns YAML text into a tree whose nodes know their places, refusing what no sane pipeline needs.
///
/// Scalars stay text; anchors and merge keys (`<<`) are expanded within bounds; tags are refused.
struct YAMLReader {
    static let maximumDepth = 64
    /// After the expansion of aliases.
    static let maximumNodes = 1_000_000

    let file: String

    private var nodes = 0
    private var renamed: RenamedKeys

    /// The root of the text's one document, or nil once the reason is reported.
    static func read(_ text: String, file: String, _ collector: inout DiagnosticCollector) -> DocumentNode? {
        if let refusal = refusalOfAliasedKeys(in: text) {
            collector.report(
                refusal.location(in: file), "found an alias together with a composite key; keys must be plain names")
            return nil
        }
        var reader = YAMLReader(file: file, renamed: RenamedKeys(text))
        do throws(Diagnostic) {
            guard let root = try reader.parse(&collector) else {
                let start = SourceLocation(file: file, line: 1, column: 1)
                collector.report(start, "the file is empty; expected 'name:' and 'stages:'")
                return nil
            }
            return try reader.convert(root, depth: 1, &collector)
        } catch {
            collector.report(error.location, error.message)
            return nil
        }
    }

    private init(file: String, renamed: RenamedKeys) {
        self.file = file
        self.renamed = renamed
    }

    /// Parses, and parses again with repeated keys told apart, so that they don't hide other mistakes.
    private mutating func parse(_ collector: inout DiagnosticCollector) throws(Diagnostic) -> Node? {
        while true {
            do {
                // `basic` takes every plain scalar for a string, so that `1` and `"1"` are the same key.
                return try Parser(yaml: renamed.text, resolver: .basic, encoding: .utf8).singleRoot()
            } catch let error as YamlError {
                if case .duplicatedKeysInMapping(let keys, let context) = error {
                    if renamed.rename(line: context.mark.line, column: context.mark.column) { continue }
                    let names = enumeration(of: keys.map { quoted(RenamedKeys.original($0)) })
                    throw Diagnostic(location(context.mark), "the key \(names) is repeated in one mapping")
                }
                throw diagnostic(of: error)
            } catch {
                throw Diagnostic(SourceLocation(file: file, line: 0, column: 0), "the YAML can't be read: \(error)")
            }
        }
    }

    private func location(_ mark: Mark?) -> SourceLocation {
        guard let mark else { return SourceLocation(file: file, line: 1, column: 1) }
        let column = renamed.originalColumn(line: mark.line, column: mark.column)
        return SourceLocation(file: file, line: mark.line, column: column)
    }

    private func diagnostic(of error: YamlError) -> Diagnostic {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            if problem.hasPrefix("Maximum nesting") { return tooDeep(at: location(mark)) }
            var message = "invalid YAML: \(problem)"
            if let context {
                message += " \(context.text.trimmingSuffix(" "))"
                if context.mark.line != mark.line, context.mark.line > 0 {
                    message += " that starts in line \(context.mark.line)"
                }
                if context.text.contains("block scalar") { message += "; a gate must be quoted, as in \">= 0.8\"" }
            }
            return Diagnostic(location(mark), message)
        case .composer(_, let problem, let mark, _):
            if problem.contains("another document") {
                return Diagnostic(location(mark), "found a second YAML document; a pipeline file holds one")
            }
            return Diagnostic(location(mark), "invalid YAML: \(problem)")
        default:
            return Diagnostic(SourceLocation(file: file, line: 0, column: 0), "the YAML can't be read: \(error)")
        }
    }

    private func tooDeep(at location: SourceLocation) -> Diagnostic {
        Diagnostic(location, "nested deeper than \(Self.maximumDepth) levels, the limit for a pipeline")
    }

    private mutating func convert(
        _ node: Node, depth: Int, _ collector: inout DiagnosticCollector
    ) throws(Diagnostic) -> DocumentNode {
        let location = location(node.mark)
        nodes += 1
        guard nodes <= Self.maximumNodes else {
            throw Diagnostic(location, "more than \(Self.maximumNodes) values once the aliases are expanded")
        }
        guard depth <= Self.maximumDepth else { throw tooDeep(at: location) }
        switch node {
        case .scalar(let scalar):
            refuse(scalar.tag, at: location, &collector)
            let isPlain = scalar.style == .plain && scalar.tag.rawValue == Tag.Name.implicit.rawValue
            return DocumentNode(.scalar(scalar.string, isPlain: isPlain), at: location)
        case .sequence(let sequence):
            refuse(sequence.tag, at: location, &collector)
            var items: [DocumentNode] = []
            items.reserveCapacity(sequence.count)
            for item in sequence { items.append(try convert(item, depth: depth + 1, &collector)) }
            return DocumentNode(.sequence(items), at: location)
        case .mapping(let mapping):
            refuse(mapping.tag, at: location, &collector)
            var entries = MappingEntries()
            var isSound = true
            for (key, value) in mapping {
                let value = try convert(value, depth: depth + 1, &collector)
                if !add(key, value, to: &entries, &collector) { isSound = false }
            }
            return DocumentNode(isSound ? .mapping(entries.merged) : .broken, at: location)
        case .alias:
            throw Diagnostic(location, "invalid YAML: an alias that can't be followed")
        }
    }

    /// False if the key isn't a name, so that it isn't known what the mapping lacks.
    private func add(
        _ key: Node, _ value: DocumentNode, to entries: inout MappingEntries, _ collector: inout DiagnosticCollector
    ) -> Bool {
        let place = location(key.mark)
        guard case .scalar(let scalar) = key else {
            collector.report(place, "found a list or mapping as a key, expected a name")
            return false
        }
        refuse(scalar.tag, at: place, &collector)
        let name = RenamedKeys.original(scalar.string)
        if name == "<<", scalar.style == .plain {
            if !entries.merge(value) {
                collector.report(value.location, "'<<' takes a mapping or a list of mappings, found \(value.found)")
            }
        } else if let first = entries.add(.init(key: name, keyLocation: place, value: value)) {
            collector.report(place, "the key \(quoted(name)) is repeated; it stands in line \(first.line) already")
        }
        return true
    }

    private func refuse(_ tag: Tag, at location: SourceLocation, _ collector: inout DiagnosticCollector) {
        let name = tag.rawValue
        if name != Tag.Name.implicit.rawValue, name != Tag.Name.str.rawValue {
            collector.report(
                location, "found the YAML tag \(quoted(name)); the declared type decides, tags are not used")
        }
    }
}

/// The entries of a mapping while it is read: merge keys give way to keys written out.
private struct MappingEntries {
    /// Up to here a key is found faster by looking at each.
    private static let few = 12

    private var written: [DocumentNode.Entry] = []
    /// Of the keys written, once they are more than a few.
    private var locations: [String: SourceLocation] = [:]
    private var merges: [DocumentNode.Entry] = []

    /// The place of the same key earlier in the mapping, if it is a repetition; that is then left out.
    mutating func add(_ entry: DocumentNode.Entry) -> SourceLocation? {
        if written.count < Self.few {
            if let first = written.first(where: { $0.key == entry.key }) { return first.keyLocation }
        } else {
            if locations.isEmpty { for entry in written { locations[entry.key] = entry.keyLocation } }
            if let first = locations[entry.key] { return first }
            locations[entry.key] = entry.keyLocation
        }
        written.append(entry)
        return nil
    }

    /// False if the value isn't a mapping or a list of mappings.
    mutating func merge(_ value: DocumentNode) -> Bool {
        switch value.content {
        case .mapping(let entries):
            merges += entries
            return true
        case .sequence(let items):
            return items.allSatisfy {
                guard case .mapping(let entries) = $0.content else { return false }
                merges += entries
                return true
            }
        default: return false
        }
    }

    /// The keys written out, then those merged, the first of each name.
    var merged: [DocumentNode.Entry] {
        if merges.isEmpty { return written }
        var names = Set(written.map(\.key))
        return written + merges.filter { names.insert($0.key).inserted }
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}
