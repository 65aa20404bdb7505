import Foundation

/// What a report's bytes are written in, by its byte order mark, its first bytes and what it declares.
enum ReportEncoding: Equatable {
    /// UTF-8; bytes that are none are Windows-1252. `declared` is what the file says instead, if that can't be true.
    case utf8(declared: String?)
    case latin1
    case windows1252
    case utf16(isBigEndian: Bool)
    case utf32(isBigEndian: Bool)
    /// One that only `iconv` knows.
    case other(String)

    init(of start: [UInt8]) {
        let (a, b, c, d) = (start.at(0), start.at(1), start.at(2), start.at(3))
        switch (a, b, c, d) {
        case (0, 0, 0xFE, 0xFF), (0, 0, 0, 1...0xFF): self = .utf32(isBigEndian: true)
        case (0xFF, 0xFE, 0, 0), (1...0xFF, 0, 0, 0): self = .utf32(isBigEndian: false)
        case (0xFE, 0xFF, _, _), (0, 1...0xFF, _, _): self = .utf16(isBigEndian: true)
        case (0xFF, 0xFE, _, _), (1...0xFF, 0, _, _): self = .utf16(isBigEndian: false)
        case (0xEF, 0xBB, 0xBF, _): self = .utf8(declared: nil)
        default: self = Self.declared(start)
        }
    }

    private static func declared(_ start: [UInt8]) -> ReportEncoding {
        let head = String(decoding: start, as: UTF8.self)
        let pattern = #/^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"'>]{1,40})["']/#
        guard let name = head.firstMatch(of: pattern)?.1 else { return .utf8(declared: nil) }
        switch name.lowercased().replacing("_", with: "-") {
        case "utf-8", "utf8": return .utf8(declared: nil)
        case "iso-8859-1", "iso8859-1", "latin1", "latin-1", "l1": return .latin1
        case "windows-1252", "cp1252", "cp-1252", "1252": return .windows1252
        case let wide where wide.contains(#/^(utf-?(16|32)|ucs-?[24]|iso-10646)/#): return .utf8(declared: String(name))
        case "us-ascii", "ascii", "ansi-x3.4-1968", "646", "utf-7", "utf7": return .utf8(declared: String(name))
        default:
            let handle = iconv_open("UTF-8", String(name))
            guard handle != iconv_t(bitPattern: -1) else { return .utf8(declared: String(name)) }
            iconv_close(handle)
            return .other(String(name))
        }
    }

    /// Whether libxml2 can be given a file with this start as it is: its byte order mark and its declaration agree, and, where its
    /// bytes are to be scanned for markup, no ASCII byte is part of another character.
    static func canBeReadAsItIs(_ start: [UInt8], scanned: Bool) -> Bool {
        let encoding = ReportEncoding(of: start)
        if start.starts(with: [0xEF, 0xBB, 0xBF]), declared(Array(start.dropFirst(3))) != .utf8(declared: nil) {
            return false
        }
        switch encoding {
        case .utf8, .latin1, .windows1252: return true
        case .utf16, .utf32, .other: return !scanned
        }
    }
}

extension [UInt8] {
    fileprivate func at(_ index: Int) -> UInt8 { index < count ? self[index] : 0x20 }
}

/// Decodes a file piece by piece.
struct ReportDecoder {
    private var encoding: ReportEncoding
    /// The beginning of a character whose end hasn't come yet.
    private var pending: [UInt8] = []
    private var converter: iconv_t?
    private(set) var replaced = 0
    private var beyondASCII = 0
    /// Bytes that are not what the encoding says.
    private var misfits = 0
    private(set) var odd = OddBytes()
    /// How many bytes were made of earlier pieces.
    private var made = 0

    init(_ encoding: ReportEncoding) {
        self.encoding = encoding
        if case .other(let name) = encoding { converter = iconv_open("UTF-8", name) }
    }

    var guesses: [String] {
        var guesses: [String] = []
        if case .utf8(let declared?) = encoding, beyondASCII > 0 || misfits > 0 {
            guesses.append("it declares the encoding '\(declared)', which its bytes don't fit: read as UTF-8")
        }
        guard misfits > 0 else { return guesses }
        switch encoding {
        case .utf8: guesses.append("\(counted(misfits, "byte")) that can't be UTF-8 read as Windows-1252")
        case .other(let name): guesses.append("\(counted(misfits, "byte")) that can't be '\(name)' replaced by '?'")
        default: guesses.append("\(counted(misfits, "byte")) that can't be UTF-16 or UTF-32 replaced by '?'")
        }
        return guesses
    }

    mutating func decode(_ piece: [UInt8]) -> [UInt8] {
        let input = pending.isEmpty ? piece : pending + piece
        return decode(input, isLast: false)
    }

    mutating func finish() -> [UInt8] {
        let rest = decode(pending, isLast: true)
        if let converter { iconv_close(converter) }
        converter = nil
        return rest
    }

    private mutating func decode(_ input: [UInt8], isLast: Bool) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(input.count + input.count / 4)
        let used =
            switch encoding {
            case .utf8: input.withUnsafeBufferPointer { utf8($0, isLast, &output) }
            case .latin1: latin(input, &output) { UInt32($0) }
            case .windows1252: latin(input, &output, Self.windows1252)
            case .utf16(let isBigEndian): utf16(input, isBigEndian, isLast, &output)
            case .utf32(let isBigEndian): utf32(input, isBigEndian, isLast, &output)
            case .other: other(input, isLast, &output)
            }
        pending = Array(input[used...])
        made += output.count
        return output
    }

    // MARK: Single bytes

    private mutating func utf8(_ input: UnsafeBufferPointer<UInt8>, _ isLast: Bool, _ output: inout [UInt8]) -> Int {
        var index = 0
        var plain = 0
        func flush(_ end: Int) { if end > plain { output.append(contentsOf: input[plain..<end]) } }
        while index < input.count {
            let byte = input[index]
            if byte < 0x80 {
                if byte < 0x20, byte != 0xA, byte != 0xD, byte != 0x9 {
                    flush(index)
                    if byte != 0 { odd.note(made + output.count) }
                    output.append(UInt8(ascii: "?"))
                    replaced += 1
                    plain = index + 1
                }
                index += 1
                continue
            }
            let length = Self.length(of: input, index)
            if length == 0, !isLast, input.count - index < 4, Self.mayGoOn(input, index) { break }
            beyondASCII += 1
            if length == 0 {
                flush(index)
                misfits += 1
                odd.note(made + output.count)
                Self.append(Self.windows1252(byte), to: &output)
                index += 1
                plain = index
            } else if length == 3, Self.isForbidden(input[index], input[index + 1], input[index + 2]) {
                flush(index)
                output.append(UInt8(ascii: "?"))
                replaced += 1
                index += 3
                plain = index
            } else {
                index += length
            }
        }
        flush(index)
        return index
    }

    /// The bytes of a character; those of a surrogate are one, too. 0 if it is none.
    private static func length(of bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
        func follows(_ offset: Int) -> Bool { index + offset < bytes.count && bytes[index + offset] & 0xC0 == 0x80 }
        let next = index + 1 < bytes.count ? bytes[index + 1] : 0
        switch bytes[index] {
        case 0xC2...0xDF: return follows(1) ? 2 : 0
        case 0xE0: return next >= 0xA0 && follows(1) && follows(2) ? 3 : 0
        case 0xE1...0xEF: return follows(1) && follows(2) ? 3 : 0
        case 0xF0: return next >= 0x90 && follows(1) && follows(2) && follows(3) ? 4 : 0
        case 0xF1...0xF3: return follows(1) && follows(2) && follows(3) ? 4 : 0
        case 0xF4: return next < 0x90 && follows(1) && follows(2) && follows(3) ? 4 : 0
        default: return 0
        }
    }

    private static func mayGoOn(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        bytes[index] >= 0xC2 && bytes[index] <= 0xF4 && bytes[(index + 1)...].allSatisfy { $0 & 0xC0 == 0x80 }
    }

    /// Surrogates, U+FFFE and U+FFFF.
    private static func isForbidden(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> Bool {
        a == 0xED && b >= 0xA0 || a == 0xEF && b == 0xBF && c >= 0xBE
    }

    private mutating func latin(_ input: [UInt8], _ output: inout [UInt8], _ code: (UInt8) -> UInt32) -> Int {
        for byte in input {
            let code = code(byte)
            // Control characters, or bytes that mean nothing.
            if 0x80..<0xA0 ~= byte, code == UInt32(byte) || code == 0x3F { odd.note(made + output.count) }
            add(code, to: &output)
        }
        return input.count
    }

    private static func windows1252(_ byte: UInt8) -> UInt32 {
        guard (0x80...0x9F).contains(byte) else { return UInt32(byte) }
        return high[Int(byte) - 0x80]
    }

    private static let high: [UInt32] = [
        0x20AC, 0x3F, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x3F,
        0x017D,
        0x3F, 0x3F, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153,
        0x3F,
        0x017E, 0x0178,
    ]

    // MARK: Several bytes

    private mutating func utf16(
        _ input: [UInt8], _ isBigEndian: Bool, _ isLast: Bool, _ output: inout [UInt8]
    ) -> Int {
        func unit(_ index: Int) -> UInt32 {
            let (a, b) = (UInt32(input[index]), UInt32(input[index + 1]))
            return isBigEndian ? a << 8 | b : b << 8 | a
        }
        var index = 0
        while index + 1 < input.count {
            let first = unit(index)
            guard (0xD800..<0xDC00).contains(first) else {
                add(first, to: &output)
                index += 2
                continue
            }
            if index + 3 >= input.count, !isLast { break }
            let second = index + 3 < input.count ? unit(index + 2) : 0
            if (0xDC00..<0xE000).contains(second) {
                add(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00), to: &output)
                index += 4
            } else {
                add(first, to: &output)
                index += 2
            }
        }
        if isLast, index < input.count {
            misfits += 1
            index = input.count
        }
        return index
    }

    private mutating func utf32(
        _ input: [UInt8], _ isBigEndian: Bool, _ isLast: Bool, _ output: inout [UInt8]
    ) -> Int {
        var index = 0
        while index + 3 < input.count {
            let four = input[index..<index + 4]
            add((isBigEndian ? Array(four) : four.reversed()).reduce(0) { $0 << 8 | UInt32($1) }, to: &output)
            index += 4
        }
        if isLast, index < input.count {
            misfits += 1
            index = input.count
        }
        return index
    }

    private mutating func other(_ input: [UInt8], _ isLast: Bool, _ output: inout [UInt8]) -> Int {
        guard let converter else { return input.count }
        var bytes = input
        // A byte can become many: whenever the room is full, it is emptied, and the conversion goes on.
        var room = [UInt8](repeating: 0, count: Self.room)
        var used = 0
        while used < bytes.count {
            var made = 0
            let status = bytes.withUnsafeMutableBytes { source in
                room.withUnsafeMutableBytes { target in
                    var from = source.baseAddress?.advanced(by: used).assumingMemoryBound(to: CChar.self)
                    var fromLeft = source.count - used
                    var to = target.baseAddress?.assumingMemoryBound(to: CChar.self)
                    var toLeft = target.count
                    let result = iconv(converter, &from, &fromLeft, &to, &toLeft)
                    used = source.count - fromLeft
                    made = target.count - toLeft
                    return result == Int.max || result == -1 ? errno : 0
                }
            }
            add(room[..<made], to: &output)
            if status == EINVAL, !isLast { break }
            if status == E2BIG, made > 0 { continue }
            if used < bytes.count {
                misfits += 1
                used += 1
                odd.note(self.made + output.count)
                output.append(UInt8(ascii: "?"))
            }
        }
        if isLast {
            // What the converter holds back, because the next byte could have changed it.
            let made = room.withUnsafeMutableBytes { target in
                var to = target.baseAddress?.assumingMemoryBound(to: CChar.self)
                var toLeft = target.count
                _ = iconv(converter, nil, nil, &to, &toLeft)
                return target.count - toLeft
            }
            add(room[..<made], to: &output)
        }
        return used
    }

    private static let room = 1 << 16

    /// Writes what `iconv` made, with `?` for what XML forbids.
    private mutating func add(_ converted: ArraySlice<UInt8>, to output: inout [UInt8]) {
        for byte in converted {
            let isForbidden = byte < 0x20 && byte != 0x9 && byte != 0xA && byte != 0xD
            if isForbidden { replaced += 1 }
            if isForbidden, byte != 0 { odd.note(made + output.count) }
            output.append(isForbidden ? UInt8(ascii: "?") : byte)
        }
    }

    /// Writes a character, or `?` for one that XML forbids.
    private mutating func add(_ code: UInt32, to output: inout [UInt8]) {
        guard isAllowedInXML(code) else {
            if code != 0 { odd.note(made + output.count) }
            output.append(UInt8(ascii: "?"))
            replaced += 1
            return
        }
        Self.append(code, to: &output)
    }

    private static func append(_ code: UInt32, to output: inout [UInt8]) {
        guard let scalar = Unicode.Scalar(code) else { return output.append(UInt8(ascii: "?")) }
        output += UTF8.encode(scalar)?.map { $0 } ?? []
    }
}

/// Whether XML 1.0 (§2.2) allows a character.
func isAllowedInXML(_ code: UInt32) -> Bool {
    switch code {
    case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
    default: false
    }
}
