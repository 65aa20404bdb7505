import Foundation

/// The JSON header of a safetensors file, before any of it is believed.
struct SafetensorsHeader: Decodable {
    struct RawEntry: Decodable {
        let dtype: String
        let shape: [Int]
        let offsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case offsets = "data_offsets"
        }
    }

    private(set) var metadata: [String: String] = [:]
    private var hasMetadata = false
    private(set) var tensors: [String: RawEntry] = [:]

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Name.self)
        for name in container.allKeys {
            if name.stringValue == "__metadata__" {
                hasMetadata = true
                metadata = try container.decode([String: String].self, forKey: name)
            } else {
                tensors[name.stringValue] = try container.decode(RawEntry.self, forKey: name)
            }
        }
    }

    /// How many names a header has that says this, each of them once.
    var nameCount: Int { 4 * tensors.count + metadata.count + (hasMetadata ? 1 : 0) }

    /// The names in JSON that was found sound: one for each colon outside of texts. Decoding keeps one of several alike, and
    /// which one isn't the same for every reader of the format.
    static func countNames(_ json: Data) -> Int {
        var count = 0
        var isText = false
        var isEscaped = false
        for byte in json {
            if isEscaped {
                isEscaped = false
            } else if isText {
                if byte == UInt8(ascii: "\\") { isEscaped = true }
                if byte == UInt8(ascii: "\"") { isText = false }
            } else if byte == UInt8(ascii: "\"") {
                isText = true
            } else if byte == UInt8(ascii: ":") {
                count += 1
            }
        }
        return count
    }

    /// One line from a decoding error, naming the tensor.
    static func explain(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        let context: DecodingError.Context
        switch error {
        case .typeMismatch(_, let found), .valueNotFound(_, let found), .keyNotFound(_, let found),
            .dataCorrupted(let found):
            context = found
        @unknown default: return "\(error)"
        }
        let path = context.codingPath.map(\.stringValue).joined(separator: ".")
        return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
