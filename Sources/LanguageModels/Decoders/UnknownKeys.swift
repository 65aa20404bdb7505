extension Swift.Decoder {
    /// Throws if the object has a key that isn't in `known`: a misspelt option must not silently take its default.
    package func refuseKeys(beyond known: [String]) throws {
        let container = try container(keyedBy: AnyKey.self)
        guard let stranger = container.allKeys.first(where: { !known.contains($0.stringValue) }) else { return }
        throw DecodingError.dataCorrupted(
            .init(
                codingPath: codingPath,
                debugDescription: "unknown key \(stranger.stringValue); known: \(known.joined(separator: ", "))"))
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
