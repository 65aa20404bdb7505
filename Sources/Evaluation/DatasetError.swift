/// Data that can't be used; the message says what was found, what was expected and where.
package struct DatasetError: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) { self.description = description }
}
