import Foundation

/// A value as programs write it: in JSON, HTML, a URL, base64 and hexadecimal, in the words of shells, and in the strings of programming languages.
enum SecretForms {
    static func all(of value: String) -> Set<[UInt8]> {
        let whole = value.trimmed
        let lines = value.split(whereSeparator: \.isNewline).map { String($0).trimmed }
        var forms: Set<[UInt8]> = []
        for text in Set([value, whole] + lines) where text.trimmed.utf8.count >= SecretMask.minimumLength {
            let bytes = Array(text.utf8)
            forms.insert(bytes)
            for written in StringEscapes.forms(of: text).union(shellForms(of: text)).union(
                MarkupEscapes.forms(of: text))
            {
                forms.insert(Array(written.utf8))
            }
            forms.formUnion(HexadecimalForms.all(of: bytes))
            // What encoders leave as it is differs, beside letters and digits.
            for plain in ["-._~", "-._~/", "-._*", ""] {
                for digits in [upper, lower] {
                    for isPlus in [false, true] {
                        forms.insert(percentEncoded(bytes, plain: plain, digits, spaceIsPlus: isPlus))
                    }
                }
            }
        }
        for text in Set([value, whole]) where text.trimmed.utf8.count >= SecretMask.minimumLength {
            let bytes = Array(text.utf8)
            for offset in 0..<3 { forms.formUnion(base64(bytes, offset: offset)) }
            // The lines of 76 characters that base64(1) makes, each for itself.
            for start in stride(from: 0, to: bytes.count, by: 57) where bytes.count > 57 {
                forms.formUnion(base64(Array(bytes[start...].prefix(57)), offset: 0))
            }
        }
        return forms
    }

    /// Within quotes and without, as `set -x`, `printf %q` and `declare -p` print words; `$'…'` is among `StringEscapes`.
    private static func shellForms(of text: String) -> Set<String> {
        let bare = text.escaped(" \t\"'\\|&;()<>!{}*[]?^$`,")
        var forms: Set = [
            bare, text.escaped("\"\\$`"), text.escaped("\"\\$`!"), text.replacing("'", with: #"'\''"#),
            text.replacing("'", with: #"'"'"'"#),
            // dash puts several of them into one pair of quotes.
            text.replacing(/'+/) { "'\"\($0.output)\"'" },
        ]
        if text.hasPrefix("#") || text.hasPrefix("~") { forms.insert("\\" + bare) }
        return forms
    }

    private static let upper = Array("0123456789ABCDEF".utf8)
    private static let lower = Array("0123456789abcdef".utf8)

    private static func percentEncoded(
        _ bytes: [UInt8], plain: String, _ digits: [UInt8], spaceIsPlus: Bool
    ) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                return [byte]
            case UInt8(ascii: " ") where spaceIsPlus: return [UInt8(ascii: "+")]
            case _ where plain.utf8.contains(byte): return [byte]
            default: return [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }

    /// The characters that the value alone decides where it stands `offset` bytes behind a multiple of three in what is
    /// encoded, as after `user:`; in both alphabets. Of a long one also what follows a line break within the first bytes, by which a
    /// mask finds it.
    private static func base64(_ bytes: [UInt8], offset: Int) -> [[UInt8]] {
        let encoded = Array(Data(Array(repeating: 0, count: offset) + bytes).base64EncodedString().utf8)
        let start = (8 * offset + 5) / 6
        let end = 8 * (offset + bytes.count) / 6
        // A few characters might be any word.
        guard end - start >= 6 else { return [] }
        let part = Array(encoded[start..<end])
        let forURLs = part.map { byte in
            byte == UInt8(ascii: "+") ? UInt8(ascii: "-") : byte == UInt8(ascii: "/") ? UInt8(ascii: "_") : byte
        }
        let skipped = part.count - 3 >= SecretMask.foldedLength ? 0...3 : 0...0
        return [part, forURLs].flatMap { form in skipped.map { Array(form.dropFirst($0)) } }
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
