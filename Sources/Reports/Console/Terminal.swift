import Foundation

/// Where a console report goes, and what it can show.
package struct Terminal: Sendable {
    /// Whether lines can be redrawn.
    let isInteractive: Bool
    let hasColour: Bool
    /// Whether it shows more than ASCII.
    let isUnicode: Bool
    private let size: @Sendable () -> (columns: Int, rows: Int)
    private let statedColumns: Int?
    private let output: @Sendable (String) -> Void

    package static let standardOutput = Terminal(.standardOutput)
    package static let standardError = Terminal(.standardError)

    /// What a file handle is, as the environment says: `NO_COLOR`, `TERM`, `CI`, `COLUMNS`, and the locale.
    package init(_ handle: FileHandle, environment: [String: String] = ProcessInfo.processInfo.environment) {
        func value(_ name: String) -> String { environment[name] ?? "" }
        let canMove = isatty(handle.fileDescriptor) == 1 && !["", "dumb"].contains(value("TERM"))
        let isServer = !["", "false", "0"].contains(value("CI").lowercased())
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(value).first { !$0.isEmpty } ?? ""
        self.init(
            isInteractive: canMove && !isServer, hasColour: canMove && value("NO_COLOR").isEmpty,
            isUnicode: locale.lowercased().replacing("-", with: "").contains("utf8"),
            statedColumns: Int(value("COLUMNS")).flatMap { $0 > 0 ? $0 : nil }
        ) {
            var size = winsize()
            guard ioctl(handle.fileDescriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return (100, 24) }
            return (Int(size.ws_col), max(2, Int(size.ws_row)))
        } output: { text in
            // A reader that has gone away is not an error.
            try? handle.write(contentsOf: Data(text.utf8))
        }
    }

    /// - Parameters:
    ///   - statedColumns: The width that the caller asked for.
    ///   - size: asked before each drawing, so that a window may change its size at any time.
    package init(
        isInteractive: Bool, hasColour: Bool, isUnicode: Bool, statedColumns: Int? = nil,
        size: @escaping @Sendable () -> (columns: Int, rows: Int),
        output: @escaping @Sendable (String) -> Void
    ) {
        self.isInteractive = isInteractive
        self.hasColour = hasColour
        self.isUnicode = isUnicode
        self.statedColumns = statedColumns
        self.size = size
        self.output = output
    }

    /// As it is now. Where nothing is drawn, no line is cut to a width.
    var canvas: Canvas {
        let size = isInteractive ? size() : (columns: 100, rows: 24)
        return Canvas(
            columns: size.columns, rows: size.rows, isInteractive: isInteractive, hasColour: hasColour,
            isUnicode: isUnicode)
    }

    /// How wide tables may be: as `COLUMNS` says, else as the window is; nil where nothing is drawn, so that nothing has to fit.
    package var columns: Int? { statedColumns ?? (isInteractive ? canvas.columns : nil) }

    func write(_ text: String) { output(text) }

    /// `text` as can be shown here: without control characters, in ASCII where the locale has no more.
    package func spelled(_ text: String) -> String { canvas.spelled(text) }
}
