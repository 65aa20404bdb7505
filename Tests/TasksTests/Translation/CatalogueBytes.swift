/// A .mo file of the given texts and translations.
func machineObject(_ entries: [(String, String)], isBigEndian: Bool = false, major: Int = 0) -> [UInt8] {
    func number(_ value: Int) -> [UInt8] {
        let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
        return isBigEndian ? bytes : bytes.reversed()
    }
    let (originals, translations) = (28, 28 + 8 * entries.count)
    var tables: [UInt8] = []
    var texts: [UInt8] = []
    for text in entries.map(\.0) + entries.map(\.1) {
        tables += number(text.utf8.count) + number(28 + 16 * entries.count + texts.count)
        texts += Array(text.utf8) + [0]
    }
    return [0x9504_12DE, major << 16, entries.count, originals, translations, 0, 0].flatMap(number) + tables + texts
}

/// gettext's header of a language.
func header(_ language: String, charset: String = "UTF-8") -> String {
    "Project-Id-Version: x\nLanguage: \(language)\nMIME-Version: 1.0\nContent-Type: text/plain; charset=\(charset)\n"
}
