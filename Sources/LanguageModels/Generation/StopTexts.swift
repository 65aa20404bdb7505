/// Ends a stream of text where one of some texts stands, and holds back what may be the start of one.
package struct StopTexts: Sendable {
    private let stops: [[UInt8]]
    private var held: [UInt8] = []
    package private(set) var isStopped = false

    /// Empty texts stop nothing.
    package init(_ stops: [String]) { self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty } }

    /// The part of what was held back and of `text` that is certain not to belong to a stop text.
    package mutating func append(_ text: String) -> String {
        guard !isStopped else { return "" }
        if stops.isEmpty { return text }
        held += text.utf8
        let places = stops.compactMap { held.firstRange(of: $0)?.lowerBound }
        if let place = places.min() {
            isStopped = true
            defer { held = [] }
            return String(decoding: held[..<place], as: UTF8.self)
        }
        let kept = (1..<(stops.map(\.count).max() ?? 1)).reversed().first { count in
            count <= held.count && stops.contains { $0.count > count && $0.starts(with: held.suffix(count)) }
        }
        let certain = held.dropLast(kept ?? 0)
        held.removeFirst(certain.count)
        return String(decoding: certain, as: UTF8.self)
    }

    /// What is left at the end.
    package mutating func finish() -> String {
        defer { held = [] }
        return String(decoding: held, as: UTF8.self)
    }
}
