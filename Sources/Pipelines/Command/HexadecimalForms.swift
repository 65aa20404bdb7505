/// How programs write a value's bytes in hexadecimal: at a stretch, in lists, and in the lines of dumps.
enum HexadecimalForms {
    /// Between the bytes, as Python, certificates, C and URLs have it.
    private static let separators = ["", " ", ":", "-", "\\x", ", 0x", ",0x", "%"]

    static func all(of bytes: [UInt8]) -> Set<[UInt8]> {
        var forms: Set<[UInt8]> = []
        for digits in ["0123456789ABCDEF", "0123456789abcdef"].map({ Array($0.utf8) }) {
            let pairs = bytes.map { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
            for separator in separators { forms.insert(Array(pairs.joined(separator: separator.utf8))) }
            // As `xxd -p` breaks it.
            for line in lines(pairs, of: 30) { forms.insert(Array(line.joined())) }
            for line in lines(pairs, of: 16) { forms.formUnion(dumped(line)) }
        }
        // What stands beside the numbers.
        if bytes.count > 16 {
            for start in stride(from: 0, to: bytes.count - 7, by: 16) {
                forms.insert(Array(bytes[start...].prefix(16)))
            }
        }
        return forms
    }

    /// A line of od(1), `hexdump -C` and xxd(1).
    private static func dumped(_ line: [[UInt8]]) -> [[UInt8]] {
        let halves = [line.prefix(8), line.dropFirst(8)].filter { !$0.isEmpty }
        let words = stride(from: 0, to: line.count, by: 2).map { Array(line[$0...].prefix(2).joined()) }
        return [
            Array(line.joined(separator: " ".utf8)),
            Array(halves.map { Array($0.joined(separator: " ".utf8)) }.joined(separator: "  ".utf8)),
            Array(words.joined(separator: " ".utf8)),
        ]
    }

    /// The lines of a value that stands at the beginning of one; of the last no fewer than a mask's shortest.
    private static func lines(_ pairs: [[UInt8]], of length: Int) -> [[[UInt8]]] {
        stride(from: 0, to: pairs.count, by: length).map { Array(pairs[$0...].prefix(length)) }
            .filter { $0.count >= SecretMask.minimumLength }
    }
}
