/// A metric that a stage kind gives: what `calm kinds` says of it, and what a gate may name.
package struct MetricDeclaration: Hashable, Sendable {
    /// `loss`, or with parts that depend on the stage in angle brackets: `<group>.accuracy`.
    package let name: String
    /// `tokens`, `share`, `nats per token`; empty for a plain count.
    package let unit: String
    package let meaning: String

    package init(_ name: String, unit: String = "", _ meaning: String) {
        self.name = name
        self.unit = unit
        self.meaning = meaning
    }

    /// Whether it declares a metric of this name; what stands in angle brackets stands for any text that isn't empty.
    package func declares(_ metric: String) -> Bool {
        Self.matches(Array(name.utf8)[...], Array(metric.utf8)[...])
    }

    /// Whether its name is written out in full.
    package var isLiteral: Bool { !name.contains("<") }

    private static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        guard first == UInt8(ascii: "<"), let end = pattern.firstIndex(of: UInt8(ascii: ">")) else {
            return text.first == first && matches(pattern.dropFirst(), text.dropFirst())
        }
        let rest = pattern[(end + 1)...]
        return text.indices.contains { matches(rest, text[($0 + 1)...]) }
    }
}
