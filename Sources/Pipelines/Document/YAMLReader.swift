/// Turns YAML text into a tree whose nodes know their places, refusing what no sane pipeline needs.
///
/// Scalars stay text; anchors and merge keys (`<<`) are expanded within bounds; tags are refused.
struct YAMLReader {
    static let maximumDepth = 64
    /// After the expansion of aliases.
    static let maximumNodes = 1_000_000
    /// libyaml compares each `%TAG` with all before it.
    static let maximumDirectives = 16

    /// What an alias stands for.
    private struct Anchored {
        let node: DocumentNode
        /// Of values, its own included.
        let count: Int
        /// Of nesting, its own included.
        let levels: Int
    }

    private let file: String
    private let events: YAMLEvents
    private var anchored: [String: Anchored] = [:]
    private var nodes = 0
    /// How deep the anchored node goes that is being read.
    private var deepest = 0

    /// The root of the text's one document, or nil once the reason is reported.
    static func read(_ text: String, file: String, _ collector: inout DiagnosticCollector) -> DocumentNode? {
        var reader = YAMLReader(file: file, events: YAMLEvents(text))
        do throws(Diagnostic) {
            try reader.refuseDirectives(in: text)
            return try reader.document(&collector)
        } catch {
            collector.report(error.location, error.message)
            return nil
        }
    }

    private init(file: String, events: YAMLEvents) {
        self.file = file
        self.events = events
    }

    private func refuseDirectives(in text: String) throws(Diagnostic) {
        let percent = UInt8(ascii: "%")
        guard text.utf8.contains(percent) else { return }
        var count = 0
        for (index, line) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
        where line.first == percent {
            count += 1
            if count > Self.maximumDirectives {
                throw Diagnostic(
                    SourceLocation(file: file, line: index + 1, column: 1),
                    "more than \(Self.maximumDirectives) YAML directives; a pipeline needs none")
            }
        }
    }

    private mutating func document(_ collector: inout DiagnosticCollector) throws(Diagnostic) -> DocumentNode {
        // The stream begins.
        _ = try next()
        guard case .documentStart = try next().kind else {
            let start = SourceLocation(file: file, line: 1, column: 1)
            throw Diagnostic(start, "the file is empty; expected 'name:' and 'stages:'")
        }
        let root = try node(next(), depth: 1, &collector)
        // The document ends.
        _ = try next()
        let rest = try next()
        guard case .streamEnd = rest.kind else {
            throw Diagnostic(location(rest), "found a second YAML document; a pipeline file holds one")
        }
        return root
    }

    /// The node that begins with an event.
    private mutating func node(
        _ event: YAMLEvents.Event, depth: Int, _ collector: inout DiagnosticCollector
    ) throws(Diagnostic) -> DocumentNode {
        guard let anchor = event.anchor else { return try plainNode(event, depth: depth, &collector) }
        let (before, outerDeepest) = (nodes, deepest)
        deepest = depth
        let node = try plainNode(event, depth: depth, &collector)
        anchored[anchor] = Anchored(node: node, count: nodes - before, levels: deepest - depth + 1)
        deepest = max(deepest, outerDeepest)
        return node
    }

    private mutating func plainNode(
        _ event: YAMLEvents.Event, depth: Int, _ collector: inout DiagnosticCollector
    ) throws(Diagnostic) -> DocumentNode {
        let location = location(event)
        refuse(event.tag, at: location, &collector)
        switch event.kind {
        case .alias(let name):
            guard let target = anchored[name] else { throw Diagnostic(location, "invalid YAML: found undefined alias") }
            try count(target.count, levels: target.levels, at: depth, location)
            return target.node
        case .scalar(let text, let isPlain):
            try count(1, levels: 1, at: depth, location)
            return DocumentNode(.scalar(text, isPlain: isPlain), at: location)
        case .sequence:
            try count(1, levels: 1, at: depth, location)
            var items: [DocumentNode] = []
            while case let event = try next(), !event.kind.isEnd {
                items.append(try node(event, depth: depth + 1, &collector))
            }
            return DocumentNode(.sequence(items), at: location)
        case .mapping:
            try count(1, levels: 1, at: depth, location)
            var entries = MappingEntries()
            var isSound = true
            while case let event = try next(), !event.kind.isEnd {
                let key = try key(event, depth: depth + 1, &collector)
                let value = try node(next(), depth: depth + 1, &collector)
                if let key {
                    add(key, at: self.location(event), value, to: &entries, &collector)
                } else {
                    isSound = false
                }
            }
            return DocumentNode(isSound ? .mapping(entries.merged) : .broken, at: location)
        case .streamStart, .documentStart, .end, .streamEnd:
            throw Diagnostic(location, "invalid YAML: a value is missing")
        }
    }

    /// What is read or repeated must stay within bounds.
    private mutating func count(
        _ count: Int, levels: Int, at depth: Int, _ location: SourceLocation
    ) throws(Diagnostic) {
        nodes += count
        guard nodes <= Self.maximumNodes else {
            throw Diagnostic(location, "more than \(Self.maximumNodes) keys and values once the aliases are expanded")
        }
        deepest = max(deepest, depth + levels - 1)
        guard deepest <= Self.maximumDepth else { throw tooDeep(at: location) }
    }

    /// The name that a key is, and whether it may mean a merge; nil if it is none, so that it isn't known what the mapping
    /// lacks.
    private mutating func key(
        _ event: YAMLEvents.Event, depth: Int, _ collector: inout DiagnosticCollector
    ) throws(Diagnostic) -> (name: String, isPlain: Bool)? {
        let node = try node(event, depth: depth, &collector)
        if case .scalar(let name, let isPlain) = node.content { return (name, isPlain) }
        collector.report(location(event), "found a list or mapping as a key, expected a name")
        return nil
    }

    private func add(
        _ key: (name: String, isPlain: Bool), at place: SourceLocation, _ value: DocumentNode,
        to entries: inout MappingEntries, _ collector: inout DiagnosticCollector
    ) {
        if key.name == "<<", key.isPlain {
            if let first = entries.mergeLocation {
                collector.report(place, "the key '<<' is repeated; it stands in line \(first.line) already")
                return
            }
            entries.mergeLocation = place
            if !entries.merge(value) {
                collector.report(value.location, "'<<' takes a mapping or a list of mappings, found \(value.found)")
            }
        } else if let first = entries.add(.init(key: key.name, keyLocation: place, value: value)) {
            collector.report(place, "the key \(quoted(key.name)) is repeated; it stands in line \(first.line) already")
        }
    }

    private func refuse(_ tag: String?, at location: SourceLocation, _ collector: inout DiagnosticCollector) {
        if let tag, tag != "tag:yaml.org,2002:str" {
            collector.report(
                location, "found the YAML tag \(quoted(tag)); the declared type decides, tags are not used")
        }
    }

    private func location(_ event: YAMLEvents.Event) -> SourceLocation {
        SourceLocation(file: file, line: event.line, column: event.column)
    }

    private func next() throws(Diagnostic) -> YAMLEvents.Event {
        do throws(YAMLEvents.Failure) {
            return try events.next()
        } catch {
            throw diagnostic(of: error)
        }
    }

    private func diagnostic(of failure: YAMLEvents.Failure) -> Diagnostic {
        let location = SourceLocation(file: file, line: failure.line, column: failure.column)
        if failure.problem.hasPrefix("Maximum nesting") { return tooDeep(at: location) }
        var message = "invalid YAML: \(failure.problem)"
        if let context = failure.context {
            message += " \(context.text)"
            if context.line != failure.line { message += " that starts in line \(context.line)" }
            if context.text.contains("block scalar") { message += "; a gate must be quoted, as in \">= 0.8\"" }
        }
        return Diagnostic(location, message)
    }

    private func tooDeep(at location: SourceLocation) -> Diagnostic {
        Diagnostic(location, "nested deeper than \(Self.maximumDepth) levels, the limit for a pipeline")
    }
}

extension YAMLEvents.Event.Kind {
    fileprivate var isEnd: Bool { if case .end = self { true } else { false } }
}

/// The entries of a mapping while it is read: merge keys give way to keys written out.
private struct MappingEntries {
    /// Up to here a key is found faster by looking at each.
    private static let few = 12

    private var written: [DocumentNode.Entry] = []
    /// Of the keys written, once they are more than a few.
    private var locations: [String: SourceLocation] = [:]
    private var merges: [DocumentNode.Entry] = []
    /// Of the key `<<`.
    var mergeLocation: SourceLocation?

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
