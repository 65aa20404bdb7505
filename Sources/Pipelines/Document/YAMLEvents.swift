// libyaml, the C library inside Yams. Of its events Yams makes nodes that stop at the first repeated key and expand aliases
// without bounds; here a repeated key is one mistake among others, and what aliases expand to is counted.
internal import CYaml

/// The events of a YAML text in UTF-8, one by one, as libyaml's parser gives them.
final class YAMLEvents {
    struct Event {
        enum Kind {
            case streamStart
            case documentStart
            case alias(String)
            /// `isPlain` is false for quoted and block text, and for what has a tag.
            case scalar(String, isPlain: Bool)
            case sequence
            case mapping
            /// Of a sequence, a mapping or the document.
            case end
            case streamEnd
        }

        let kind: Kind
        /// The name that aliases may call it by.
        var anchor: String?
        var tag: String?
        /// Counted from 1, as are columns.
        let line: Int
        let column: Int
    }

    /// What the parser found wrong, and where.
    struct Failure: Error {
        let problem: String
        let line: Int
        let column: Int
        /// What was being read, as in `while parsing a flow mapping`, and the line where that starts.
        let context: (text: String, line: Int)?
    }

    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let text: UnsafeMutableBufferPointer<UInt8>

    init(_ text: String) {
        var text = text
        self.text = text.withUTF8 { utf8 in
            let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: utf8.count)
            _ = copy.initialize(from: utf8)
            return copy
        }
        parser.initialize(to: yaml_parser_t())
        // As all that Swift itself asks memory for.
        guard yaml_parser_initialize(parser) == 1 else { fatalError("not enough memory") }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, self.text.baseAddress, self.text.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        text.deallocate()
    }

    func next() throws(Failure) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw failure }
        defer { yaml_event_delete(&event) }
        func found(
            _ kind: Event.Kind, _ anchor: UnsafeMutablePointer<yaml_char_t>? = nil,
            _ tag: UnsafeMutablePointer<yaml_char_t>? = nil
        ) -> Event {
            Event(
                kind: kind, anchor: anchor.map { String(cString: $0) }, tag: tag.map { String(cString: $0) },
                line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
        }
        switch event.type {
        case YAML_STREAM_START_EVENT: return found(.streamStart)
        case YAML_DOCUMENT_START_EVENT: return found(.documentStart)
        case YAML_ALIAS_EVENT: return found(.alias(String(cString: event.data.alias.anchor)))
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.tag == nil
            return found(.scalar(text, isPlain: isPlain), scalar.anchor, scalar.tag)
        case YAML_SEQUENCE_START_EVENT:
            return found(.sequence, event.data.sequence_start.anchor, event.data.sequence_start.tag)
        case YAML_MAPPING_START_EVENT:
            return found(.mapping, event.data.mapping_start.anchor, event.data.mapping_start.tag)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT, YAML_DOCUMENT_END_EVENT: return found(.end)
        default: return found(.streamEnd)
        }
    }

    private var failure: Failure {
        let state = parser.pointee
        return Failure(
            problem: state.problem.map { String(cString: $0) } ?? "not enough memory",
            line: Int(state.problem_mark.line) + 1, column: Int(state.problem_mark.column) + 1,
            context: state.context.map { (String(cString: $0), Int(state.context_mark.line) + 1) })
    }
}
