/// Repeated measurements of one thing.
struct Samples: Encodable {
    /// Seconds a unit of work, or bytes.
    enum Unit: String, Encodable { case seconds, bytes }

    let name: String
    let unit: Unit
    private(set) var values: [Double] = []

    init(_ name: String, _ unit: Unit) {
        self.name = name
        self.unit = unit
    }

    mutating func add(_ value: Double) { values.append(value) }

    /// The middle one, or the mean of the two in the middle.
    var median: Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return .nan }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    var least: Double { values.min() ?? .nan }
    var most: Double { values.max() ?? .nan }

    /// The median, and half the distance from the least to the most relative to it.
    var text: String {
        let spread = "±\(decimals((most - least) / median * 50, 0))%"
        switch unit {
        case .seconds where median >= 10: return "\(decimals(median, 1)) s \(spread)"
        case .seconds: return "\(decimals(median * 1000, median < 0.1 ? 2 : 1)) ms \(spread)"
        case .bytes: return "\(decimals(median / 0x1p20, 0)) MiB \(spread)"
        }
    }

    private enum CodingKeys: String, CodingKey { case name, unit, values, median }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(unit, forKey: .unit)
        try container.encode(values, forKey: .values)
        try container.encode(median, forKey: .median)
    }
}

/// A number with so many decimals.
func decimals(_ value: Double, _ count: Int) -> String {
    guard value.isFinite else { return "–" }
    var scale = 1.0
    for _ in 0..<count { scale *= 10 }
    let rounded = (value * scale).rounded()
    let whole = Int(abs(rounded) / scale)
    let sign = rounded < 0 ? "-" : ""
    if count == 0 { return "\(sign)\(whole)" }
    let rest = String(Int(abs(rounded)) - whole * Int(scale))
    return "\(sign)\(whole)." + String(repeating: "0", count: count - rest.count) + rest
}
