import Foundation

/// xoshiro256** (Blackman & Vigna, 2018) seeded through splitmix64: small, fast, and the same on every platform.
///
/// Independent streams are derived from a seed and a path of names and numbers, so that no consumer's draws depend on how
/// much another has drawn.
package struct RandomGenerator: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    package init(seed: UInt64) {
        var mixer = SplitMix(state: seed)
        state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
    }

    /// The stream named `path` of `seed`, e.g. `RandomGenerator(seed: 7, "epoch", 3)`.
    package init(seed: UInt64, _ path: any RandomStreamComponent...) {
        self.init(seed: Self.key(seed: seed, path))
    }

    /// 64 bits that identify a stream: for counter-based consumers such as dropout.
    package static func key(seed: UInt64, _ path: [any RandomStreamComponent]) -> UInt64 {
        path.reduce(seed) { key, part in
            var mixer = SplitMix(state: key ^ part.streamHash)
            return mixer.next()
        }
    }

    package mutating func next() -> UInt64 {
        let result = Self.rotate(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotate(state.3, 45)
        return result
    }

    /// Uniform in [0, 1), 24 bits.
    package mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// Uniform in [0, bound) without bias (Lemire, 2019).
    package mutating func integer(below bound: Int) -> Int {
        precondition(bound > 0, "no integer in [0, \(bound))")
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold { product = next().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    /// Standard normal (Box & Muller, 1958), one value a call.
    package mutating func normal() -> Float {
        let radius = (-2 * log(1 - Double(next() >> 11) * 0x1p-53)).squareRoot()
        return Float(radius * cos(2 * Double.pi * Double(next() >> 11) * 0x1p-53))
    }

    /// A permutation of 0..<count (Fisher & Yates).
    package mutating func permutation(of count: Int) -> [Int32] {
        var order = (0..<Int32(count)).map { $0 }
        for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, integer(below: last + 1)) }
        return order
    }

    private static func rotate(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
}

/// A part of a random stream's name: a string or a number.
package protocol RandomStreamComponent: Sendable {
    var streamHash: UInt64 { get }
}

extension Int: RandomStreamComponent {
    package var streamHash: UInt64 { UInt64(bitPattern: Int64(self)) &* 0x9E37_79B9_7F4A_7C15 }
}

extension String: RandomStreamComponent {
    /// FNV-1a over the UTF-8 bytes: stable across processes, unlike `Hasher`.
    package var streamHash: UInt64 {
        utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
