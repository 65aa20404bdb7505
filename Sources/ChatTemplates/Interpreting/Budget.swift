/// What one rendering may still use. Every step costs one unit, and so do 64 bytes of text or one element of a list that a step
/// reads or makes: that bounds time and memory together.
final class Budget {
    private var left: Int
    private let limit: Int

    init(_ limit: Int) {
        left = limit
        self.limit = limit
    }

    func charge(_ units: Int) throws(TemplateError) {
        left -= min(units, left + 1)
        guard left >= 0 else {
            throw TemplateError(.limit, "rendering takes more than the \(limit) steps allowed")
        }
    }

    func charge(bytes: Int) throws(TemplateError) { try charge(1 + bytes / 64) }
}
