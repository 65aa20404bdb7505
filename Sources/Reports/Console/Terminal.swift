import Foundation

/// Where a console report goes: a file handle, and what it can show.
package struct Terminal: Sendable {
    private let handle: FileHandle
    /// Whether lines can be redrawn.
    let isInteractive: Bool
    let hasColour: Bool

    package static let standardOutput = Terminal(.standardOutput)
    package static let standardError = Terminal(.standardError)

    package init(_ handle: FileHandle) {
        let environment = ProcessInfo.processInfo.environment
        self.handle = handle
        isInteractive = isatty(handle.fileDescriptor) == 1 && environment["TERM"] != "dumb"
        hasColour = isInteractive && (environment["NO_COLOR"] ?? "").isEmpty
    }

    /// The width in columns now; 100 if it isn't known.
    var width: Int {
        var size = winsize()
        guard ioctl(handle.fileDescriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 100 }
        return Int(size.ws_col)
    }

    /// Writes `text`; a reader that has gone away is not an error.
    func write(_ text: String) {
        try? handle.write(contentsOf: Data(text.utf8))
    }

    enum Style: String {
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
    }

    func styled(_ text: String, _ style: Style) -> String {
        hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}
