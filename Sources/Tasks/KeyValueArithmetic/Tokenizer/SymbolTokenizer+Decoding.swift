import Tokenization

// A number's text may depend on all of its tokens: they wait in the state until they are complete. Digits that spell no
// number are shown in brackets; addresses that make no whole number are shown as they are.
extension SymbolTokenizer {
    package func decode(_ id: Int32, into bytes: inout [UInt8], state: inout DecodingState) {
        guard (0..<Int32(vocabularyCount)).contains(id) else { return }
        state.count += 1
        if let columns {
            state.pending.append(id)
            appendComplete(&state.pending, columns, to: &bytes)
        } else if digit(id) != nil {
            // Numbers of a fixed width that follow each other directly don't occur in text: one run is one number.
            state.pending.append(id)
        } else {
            finishDecoding(into: &bytes, state: &state)
            bytes += (isControl(id) ? SymbolTokenizer.controlTexts[Int(id)] : spelling(id)).utf8
        }
    }

    package func finishDecoding(into bytes: inout [UInt8], state: inout DecodingState) {
        defer { state.pending.removeAll() }
        if let columns {
            for id in state.pending { bytes += text(of: id, columns).utf8 }
        } else if !state.pending.isEmpty {
            let digits = state.pending.compactMap(digit)
            let number = numbers.number(digits: digits, negative: false)
            bytes += (number.map(String.init) ?? "[" + digits.map(String.init).joined() + "]").utf8
        }
    }

    /// Takes from `pending` what can't become a number any more, and the number once it is whole.
    private func appendComplete(_ pending: inout [Int32], _ columns: ColumnAlphabet, to bytes: inout [UInt8]) {
        while let first = pending.first {
            if let label = columns.address(Int(first) - firstColumnSymbol)?.label, spellsNumber(pending, label, columns)
            {
                guard pending.count == 2 * numbers.width else { return }
                let digits = pending.compactMap(digit)
                if let number = numbers.number(digits: digits, negative: false) {
                    bytes += (label.text() + String(number)).utf8
                    pending.removeAll()
                    return
                }
            }
            bytes += text(of: first, columns).utf8
            pending.removeFirst()
        }
    }

    /// Whether the ids begin with an address of the label's place 0 and its digit, then place 1 and its digit, and so on.
    private func spellsNumber(_ ids: [Int32], _ label: ColumnAlphabet.Label, _ columns: ColumnAlphabet) -> Bool {
        ids.enumerated().allSatisfy { index, id in
            if index % 2 == 1 { return digit(id) != nil }
            guard let (found, place) = columns.address(Int(id) - firstColumnSymbol) else { return false }
            return found == label && place == index / 2
        }
    }

    private func text(of id: Int32, _ columns: ColumnAlphabet) -> String {
        if isControl(id) { return SymbolTokenizer.controlTexts[Int(id)] }
        if let digit = digit(id) { return String(digit) }
        let symbol = Int(id) - firstColumnSymbol
        return symbol >= 0 && symbol < columns.count ? columns.spelling(symbol) : spelling(id)
    }
}
