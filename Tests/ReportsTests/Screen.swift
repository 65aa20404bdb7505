import Synchronization

/// A terminal as far as a console report needs one: what is written, and what of it stands on the screen.
///
/// A line that is too long is broken, and broken anew when the width changes, as tmux and others do; the cursor stays at its
/// character.
final class Screen: Sendable {
    private struct State {
        var columns: Int
        var rows: Int
        /// Whole lines, as they were before they were broken.
        var lines: [[Character]] = [[]]
        var line = 0
        /// Counted in the whole line.
        var column = 0
        var writes = 0
        var codes: Set<String> = []
    }

    private let state: Mutex<State>

    init(columns: Int, rows: Int = 24) { state = Mutex(State(columns: columns, rows: rows)) }

    var size: (columns: Int, rows: Int) { state.withLock { ($0.columns, $0.rows) } }
    var writes: Int { state.withLock(\.writes) }
    /// The escape sequences that were written, by their last letter.
    var codes: Set<String> { state.withLock(\.codes) }

    func resize(columns: Int) { state.withLock { $0.columns = columns } }

    /// What stands there, broken into rows; spaces at ends and empty rows at the end left out.
    var text: String {
        state.withLock { state in
            var rows = state.lines.flatMap { line in
                stride(from: 0, to: max(1, line.count), by: state.columns).map { start in
                    String(line[start..<min(line.count, start + state.columns)])
                }
            }
            rows = rows.map { row in String(row.reversed().drop { $0 == " " }.reversed()) }
            while rows.last?.isEmpty == true { rows.removeLast() }
            return rows.joined(separator: "\n")
        }
    }

    func write(_ text: String) {
        state.withLock { state in
            state.writes += 1
            var rest = Array(text)[...]
            while let character = rest.popFirst() {
                switch character {
                case "\n":
                    state.line += 1
                    state.column = 0
                    if state.line == state.lines.count { state.lines.append([]) }
                case "\r": state.column -= state.column % state.columns
                case "\u{1B}":
                    rest = rest.dropFirst()
                    let number = Int(String(rest.prefix { $0.isNumber })) ?? 1
                    rest = rest.drop { $0.isNumber || $0 == ";" }
                    let code = rest.popFirst().map(String.init) ?? ""
                    state.codes.insert(code)
                    if code == "A" { up(number, &state) }
                    if code == "J" {
                        state.lines.removeSubrange((state.line + 1)...)
                        state.lines[state.line] = Array(state.lines[state.line].prefix(state.column))
                    }
                default:
                    while state.lines[state.line].count <= state.column { state.lines[state.line].append(" ") }
                    state.lines[state.line][state.column] = character
                    state.column += 1
                }
            }
        }
    }

    /// Moves the cursor up by rows, not by lines.
    private func up(_ rows: Int, _ state: inout State) {
        let column = state.column % state.columns
        var row = state.column / state.columns
        for _ in 0..<rows {
            if row > 0 {
                row -= 1
            } else if state.line > 0 {
                state.line -= 1
                row = max(0, state.lines[state.line].count - 1) / state.columns
            }
        }
        state.column = row * state.columns + column
    }
}
