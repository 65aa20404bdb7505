/// Repeated measurements of one thing, in seconds a unit of work.
struct Samples: Encodable {
    let name: String
    private(set) var seconds: [Double] = []

    init(_ name: String) { self.name = name }

    mutating func add(_ value: Double) { seconds.append(value) }

    /// The middle one, or the mean of the two in the middle.
    var median: Double {
        let sorted = seconds.sorted()
        guard !sorted.isEmpty else { return .nan }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    var least: Double { seconds.min() ?? .nan }
    var most: Double { seconds.max() ?? .nan }

    /// Median in milliseconds and the distance from the least to the most, relative to it.
    var text: String {
        let spread = (most - least) / median * 100
        return "\(decimals(median * 1000, median < 0.1 ? 2 : 1)) ms ±\(decimals(spread / 2, 0))%"
    }

    private enum CodingKeys: String, CodingKey { case name, seconds, median }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(name, forKey: .name)
        try values.encode(seconds, forKey: .seconds)
        try values.encode(median, forKey: .median)
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
