import Foundation
import JSONReading

/// A chat template in the part of Jinja that models use, rendered as Hugging Face's transformers does: with `trim_blocks`,
/// `lstrip_blocks`, loop controls, `{% generation %}`, `raise_exception`, `strftime_now` and its own `tojson`, in a sandbox
/// where lists and dictionaries can't be changed.
///
/// What this implementation can't do is an error, never a guess. A template may be hostile: its nesting, time and memory are
/// bounded.
package struct ChatTemplate: Sendable {
    private let body: [Statement]
    private let source: [Unicode.Scalar]

    /// How many steps rendering may take, beside one for four bytes of its variables. A thousand messages take some 100,000.
    package static let steps = 4_000_000

    package struct Rendering: Sendable, Equatable {
        package let text: String
        /// What stood in `{% generation %}`: the assistant's own words, in Unicode scalars of the text.
        package let generated: [Range<Int>]
    }

    /// - Throws: `TemplateError` if it isn't a valid template.
    package init(_ text: String) throws(TemplateError) {
        guard text.utf8.count <= 4 << 20 else {
            throw TemplateError(.limit, "the template has \(text.utf8.count) bytes, expected at most \(4 << 20)")
        }
        let scalars = TemplateLexer.normalized(text)
        source = scalars
        do throws(TemplateError) {
            body = try Self.onLargeStack { () throws(TemplateError) in try TemplateParser.parse(scalars) }
        } catch {
            throw Self.located(error, scalars)
        }
    }

    /// Renders with these variables: `messages`, `tools`, `add_generation_prompt`, `bos_token` …
    ///
    /// - Throws: `TemplateError`; its kind is `.raised` if the template refused its input itself.
    package func render(
        _ variables: JSONMembers, now: Date = Date(), steps: Int = ChatTemplate.steps
    ) throws(TemplateError) -> Rendering {
        do throws(TemplateError) {
            return try Self.onLargeStack { () throws(TemplateError) in
                let root = try Globals.scope(now)
                var size = 0
                for (name, json) in variables.members {
                    size += json.size
                    root.set(name, try Value(json))
                }
                let interpreter = Interpreter(budget: Budget(steps + size / 4), root: root)
                defer { interpreter.finish() }
                // What is set at the top of the template doesn't replace the variables that were given.
                let text = try interpreter.render(body)
                return Rendering(text: text, generated: interpreter.generated)
            }
        } catch {
            throw Self.located(error, source)
        }
    }

    private static func located(_ error: TemplateError, _ source: [Unicode.Scalar]) -> TemplateError {
        guard let offset = error.offset else { return error }
        var error = error
        let before = source[..<min(offset, source.count)]
        error.line = before.reduce(1) { $0 + ($1 == "\n" ? 1 : 0) }
        error.column = before.count - (before.lastIndex(of: "\n").map { $0 + 1 } ?? 0) + 1
        error.offset = nil
        return error
    }

    private final class Box<Value>: @unchecked Sendable {
        var result: Result<Value, TemplateError>?
    }

    /// Runs `body` on a thread with room for the deepest nesting allowed, whatever thread this is.
    private static func onLargeStack<Value: Sendable>(
        _ body: @Sendable @escaping () throws(TemplateError) -> Value
    ) throws(TemplateError) -> Value {
        let box = Box<Value>()
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            do throws(TemplateError) { box.result = .success(try body()) } catch { box.result = .failure(error) }
            done.signal()
        }
        thread.stackSize = 256 << 20
        thread.start()
        done.wait()
        guard let result = box.result else { throw TemplateError(.limit, "no thread could be started") }
        return try result.get()
    }
}

extension JSONNode {
    /// Roughly how many bytes it has.
    fileprivate var size: Int {
        switch self {
        case .string(let text): text.utf8.count + 8
        case .array(let elements): elements.reduce(8) { $0 + $1.size }
        case .object(let members): members.members.reduce(8) { $0 + $1.name.utf8.count + $1.value.size }
        default: 8
        }
    }
}
