/// Why a template can't be read or rendered, and where.
package struct TemplateError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The template isn't valid.
        case syntax
        /// Rendering failed, as it does in Jinja.
        case rendering
        /// The template itself refused its input by `raise_exception`.
        case raised
        /// Jinja could render this; this implementation can't, and doesn't guess.
        case unsupported
        /// Rendering took more time, memory or nesting than is allowed.
        case limit
    }

    package let kind: Kind
    package let message: String
    /// From 1; 0 if the place isn't known.
    package internal(set) var line = 0
    /// In characters (Unicode scalars), from 1.
    package internal(set) var column = 0
    /// In scalars of the template.
    var offset: Int?

    init(_ kind: Kind, _ message: String, at offset: Int? = nil) {
        self.kind = kind
        self.message = message
        self.offset = offset
    }

    static func rendering(_ message: String) -> TemplateError { TemplateError(.rendering, message) }
    static func unsupported(_ message: String) -> TemplateError { TemplateError(.unsupported, message) }

    package var description: String {
        line == 0 ? message : "\(line):\(column): \(message)"
    }
}
