/// What the name of a stage may be wherever one is read: in a pipeline, and in the index of an archive.
package enum StageName {
    /// UTF-8 bytes, a matrix cell's values included.
    package static let byteLimit = 1000

    /// Whether a name may be printed and looked for: neither empty nor too long, without control and format characters, some of
    /// which turn the direction of what is printed after them.
    package static func isValid(_ name: String) -> Bool {
        (1...byteLimit).contains(name.utf8.count) && isPrintable(name)
    }

    /// Whether a text may stand in a name.
    package static func isPrintable(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(\.isPrintable) }
}

extension Unicode.Scalar {
    /// Of the general category Cc, which takes no table to tell.
    package var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }

    /// Neither a control nor a format character.
    package var isPrintable: Bool { !isControl && (isASCII || properties.generalCategory != .format) }
}
