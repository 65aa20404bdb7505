import Checkpoints
import Foundation

/// `family.json`: what the configuration of a model from outside says beyond what its decoder computes.
struct FamilyDocument: Sendable, Codable {
    static let newest = 1

    private let version: Int
    /// The family's name.
    let family: String
    /// The longest text that the model was made for.
    let contextLength: Int?
    /// Of each layer; empty if positions are learned.
    let rotary: [RotaryDescription]

    init(family: String, contextLength: Int?, rotary: [RotaryDescription]) {
        version = Self.newest
        self.family = family
        self.contextLength = contextLength
        self.rotary = rotary
    }

    private struct Version: Decodable { let version: Int }

    /// - Throws: `CheckpointError` if it is damaged, or of a newer version.
    init(json: Data, path: String) throws {
        do {
            let found = try JSONDecoder().decode(Version.self, from: json).version
            guard found == Self.newest else {
                throw CheckpointError(
                    path, "version \(found), expected \(Self.newest); read the model with the calm that wrote it")
            }
            self = try JSONDecoder().decode(FamilyDocument.self, from: json)
        } catch let error as DecodingError {
            throw CheckpointError(path, "not a description of a family: \(error)")
        }
    }

    /// Same values, same bytes.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    enum CodingKeys: String, CodingKey, CaseIterable { case version, family, contextLength, rotary }

    init(from decoder: any Swift.Decoder) throws {
        try decoder.refuseKeys(beyond: CodingKeys.allCases.map(\.stringValue))
        let values = try decoder.container(keyedBy: CodingKeys.self)
        version = try values.decode(Int.self, forKey: .version)
        family = try values.decode(String.self, forKey: .family)
        contextLength = try values.decodeIfPresent(Int.self, forKey: .contextLength)
        rotary = try values.decode([RotaryDescription].self, forKey: .rotary)
    }
}

/// As JSON: `{"base", "turned", "scale", "scaling": {"type", …}}`, where the type is one of transformers' `rope_type`, and the
/// other keys are this type's names.
extension RotaryDescription: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable { case base, turned, scale, scaling }

    init(from decoder: any Swift.Decoder) throws {
        try decoder.refuseKeys(beyond: CodingKeys.allCases.map(\.stringValue))
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            base: try values.decode(Float.self, forKey: .base), turned: try values.decode(Int.self, forKey: .turned),
            scaling: try values.decode(Scaling.self, forKey: .scaling),
            scale: try values.decode(Float.self, forKey: .scale))
    }

    /// Whether its numbers can be a model's.
    var isSound: Bool {
        let isLength: (Float) -> Bool = { $0 >= 1 && $0 < 1e9 }
        switch scaling {
        case .none, .linear: return true
        case .llama3(_, _, _, let original), .yarn(_, let original, _, _, _): return isLength(original)
        case .divisors(let short, let long, let original):
            return isLength(original) && short.count == turned / 2 && long.count == turned / 2
        }
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(base, forKey: .base)
        try values.encode(turned, forKey: .turned)
        try values.encode(scale, forKey: .scale)
        try values.encode(scaling, forKey: .scaling)
    }
}

extension RotaryDescription.Scaling: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case type, factor, low, high, original, fast, slow, isTruncated, short, long
    }

    private enum Kind: String, Codable { case none, linear, llama3, yarn, longrope }

    init(from decoder: any Swift.Decoder) throws {
        try decoder.refuseKeys(beyond: CodingKeys.allCases.map(\.stringValue))
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func number(_ key: CodingKeys) throws -> Float { try values.decode(Float.self, forKey: key) }
        switch try values.decode(Kind.self, forKey: .type) {
        case .none: self = .none
        case .linear: self = .linear(try number(.factor))
        case .llama3:
            self = .llama3(
                factor: try number(.factor), low: try number(.low), high: try number(.high),
                original: try number(.original))
        case .yarn:
            self = .yarn(
                factor: try number(.factor), original: try number(.original), fast: try number(.fast),
                slow: try number(.slow), isTruncated: try values.decode(Bool.self, forKey: .isTruncated))
        case .longrope:
            self = .divisors(
                try values.decode([Float].self, forKey: .short), long: try values.decode([Float].self, forKey: .long),
                original: try number(.original))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        func encode(_ kind: Kind, _ numbers: [CodingKeys: Float]) throws {
            try values.encode(kind, forKey: .type)
            for (key, number) in numbers { try values.encode(number, forKey: key) }
        }
        switch self {
        case .none: try encode(.none, [:])
        case .linear(let factor): try encode(.linear, [.factor: factor])
        case .llama3(let factor, let low, let high, let original):
            try encode(.llama3, [.factor: factor, .low: low, .high: high, .original: original])
        case .yarn(let factor, let original, let fast, let slow, let isTruncated):
            try encode(.yarn, [.factor: factor, .original: original, .fast: fast, .slow: slow])
            try values.encode(isTruncated, forKey: .isTruncated)
        case .divisors(let short, let long, let original):
            try encode(.longrope, [.original: original])
            try values.encode(short, forKey: .short)
            try values.encode(long, forKey: .long)
        }
    }
}
