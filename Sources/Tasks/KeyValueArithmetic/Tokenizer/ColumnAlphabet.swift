/// What calculations in columns are written with beside digits and operators: marks, the digits of each role, and addresses.
///
/// In the order of their ids: `,`; the digits 0–9 of the roles A, B, L, H and T; the carries C-n…Cn-1; the digits p of
/// operands, `<i.p>`; those of limb q of final products, `[i.q.p]`, and of products that are multiplied further, `(i.q.p)`.
/// A number behind its label is written digit by digit from the least significant, each behind its address: `<1>12` → `<1.0>`
/// `2` `<1.1>` `1` `<1.2>` `0` for three digits.
struct ColumnAlphabet: Equatable {
    /// A number of so many digits: an operand, or a limb of a product.
    struct Label: Equatable {
        enum Kind: CaseIterable {
            case operand, final, inner

            var brackets: (opening: UInt8, closing: UInt8) {
                switch self {
                case .operand: (UInt8(ascii: "<"), UInt8(ascii: ">"))
                case .final: (UInt8(ascii: "["), UInt8(ascii: "]"))
                case .inner: (UInt8(ascii: "("), UInt8(ascii: ")"))
                }
            }
        }

        let kind: Kind
        let operand: Int
        /// 0 for an operand.
        let limb: Int

        /// `<1>`, or of a digit `<1.0>`.
        func text(place: Int? = nil) -> String {
            let parts = [operand] + (kind == .operand ? [] : [limb]) + (place.map { [$0] } ?? [])
            let (opening, closing) = kind.brackets
            return String(UnicodeScalar(opening)) + parts.map(String.init).joined(separator: ".")
                + String(UnicodeScalar(closing))
        }
    }

    /// The most operands of an expression.
    let operands: Int
    /// Digits a number.
    let width: Int

    private let labels: [Label]
    private let roles: [(letter: UInt8, first: Int, values: ClosedRange<Int>)]
    private let firstAddress: Int

    static let marks: [UInt8] = Array(",".utf8)
    /// What marks, labels and addresses are written with.
    static let punctuation = Set("<>[]().".utf8).union(marks)

    init(operands: Int, width: Int) {
        (self.operands, self.width) = (operands, width)
        var roles: [(letter: UInt8, first: Int, values: ClosedRange<Int>)] = []
        var next = ColumnAlphabet.marks.count
        for letter in "ABLHTC".utf8 {
            let values = letter == UInt8(ascii: "C") ? -operands...operands - 1 : 0...9
            roles.append((letter, next, values))
            next += values.count
        }
        self.roles = roles
        firstAddress = next
        var labels = (1...operands).map { Label(kind: .operand, operand: $0, limb: 0) }
        for kind in [Label.Kind.final, .inner] where operands > 1 {
            for operand in 2...operands where kind == .final || operand < operands {
                labels += (0..<operand).map { Label(kind: kind, operand: operand, limb: $0) }
            }
        }
        self.labels = labels
    }

    static func == (lhs: ColumnAlphabet, rhs: ColumnAlphabet) -> Bool {
        lhs.operands == rhs.operands && lhs.width == rhs.width
    }

    var count: Int { firstAddress + labels.count * width }

    func symbol(mark byte: UInt8) -> Int? { ColumnAlphabet.marks.firstIndex(of: byte) }

    func symbol(role: UInt8, value: Int) -> Int? {
        guard let role = roles.first(where: { $0.letter == role }), role.values.contains(value) else { return nil }
        return role.first + value - role.values.lowerBound
    }

    func symbol(_ label: Label, place: Int) -> Int? {
        guard (0..<width).contains(place), let index = index(of: label) else { return nil }
        return firstAddress + index * width + place
    }

    /// The label's place among all: operands, then the limbs of final products and of inner ones, operand i having i.
    private func index(of label: Label) -> Int? {
        guard (1...operands).contains(label.operand) else { return nil }
        if label.kind == .operand { return label.limb == 0 ? label.operand - 1 : nil }
        guard label.operand > 1, (0..<label.operand).contains(label.limb) else { return nil }
        let before = label.operand * (label.operand - 1) / 2 - 1 + label.limb
        if label.kind == .final { return operands + before }
        return label.operand < operands ? operands + operands * (operands + 1) / 2 - 1 + before : nil
    }

    /// The label and place that a symbol is the address of.
    func address(_ symbol: Int) -> (label: Label, place: Int)? {
        let index = symbol - firstAddress
        guard index >= 0, index < labels.count * width else { return nil }
        return (labels[index / width], index % width)
    }

    func spelling(_ symbol: Int) -> String {
        if let (label, place) = address(symbol) { return label.text(place: place) }
        if symbol < ColumnAlphabet.marks.count { return String(UnicodeScalar(ColumnAlphabet.marks[symbol])) }
        for role in roles where symbol >= role.first && symbol < role.first + role.values.count {
            return String(UnicodeScalar(role.letter)) + String(symbol - role.first + role.values.lowerBound)
        }
        return "[\(symbol)]"
    }
}
