import JSONReading

/// A line of JSONL: its object, or what is wrong with it.
package struct JSONLine {
    package let object: JSONMembers

    /// - Throws: `TextRequestError` naming the line.
    package init(_ bytes: [UInt8], number: Int) throws {
        let node: JSONNode
        do {
            node = try JSONNode(parsing: bytes)
        } catch {
            throw TextRequestError("line \(number), column \(error.column): \(error.message)")
        }
        guard let object = node.members else {
            throw TextRequestError("line \(number): \(node.kind), expected an object")
        }
        self.object = object
    }

    /// An object whose 'text' is a line of plain text, without the carriage return at its end.
    ///
    /// - Throws: `TextRequestError` naming the line that isn't UTF-8.
    package init(text bytes: [UInt8], number: Int) throws {
        guard let text = String(validating: bytes.last == 0x0D ? bytes.dropLast() : bytes[...], as: UTF8.self) else {
            throw TextRequestError("line \(number) is not UTF-8")
        }
        var object = JSONMembers()
        _ = object.append("text", .string(text))
        self.object = object
    }

    package func string(_ name: String) throws -> String? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let text = value.string else { throw TextRequestError("'\(name)': \(value.kind), expected a string") }
        return text
    }

    /// Token ids below `count`.
    package func ids(_ name: String, below count: Int) throws -> [Int32]? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let elements = value.elements else {
            throw TextRequestError("'\(name)': \(value.kind), expected a list of token ids")
        }
        return try elements.map { element in
            guard let id = element.integer, (0..<count).contains(id) else {
                throw TextRequestError("'\(name)': \(element.text), expected a token id from 0 to \(count - 1)")
            }
            return Int32(id)
        }
    }

    /// The answer to the object: its fields but those that were read (`known`), then the answer's. Of an error, no field is
    /// left that an answer would have (`answers`), and none named `error` of an answer.
    package func answered(_ answer: [(String, JSONNode)], known: Set<String>, answers: Set<String> = []) -> JSONNode {
        object.answered(answer, known: known, answers: answers)
    }
}

extension JSONMembers {
    /// The fields but those named, then others; see ``JSONLine/answered(_:known:answers:)``.
    package func answered(_ answer: [(String, JSONNode)], known: Set<String>, answers: Set<String> = []) -> JSONNode {
        var result = JSONMembers()
        var names = Set(answer.map(\.0)).union(known)
        if names.contains("error") { names.formUnion(answers) } else { names.insert("error") }
        for member in members where !names.contains(member.name) { _ = result.append(member.name, member.value) }
        for (name, value) in answer { _ = result.append(name, value) }
        return .object(result)
    }
}

/// What is wrong with what a model was asked.
package struct TextRequestError: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
