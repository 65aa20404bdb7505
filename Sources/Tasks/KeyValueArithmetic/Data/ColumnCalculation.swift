import Evaluation

/// The written calculation of an expression with products, one digit a step: what a small model can learn to carry out.
///
/// Every step is a look-up in a table of single digits, and what it needs stands either a fixed number of tokens before it or
/// behind an address that occurs once. Numbers have `width` digits a limb, in base 10^`width`; digits go from the least
/// significant to the most. Operand i is `<i>`, its digit p `<i.p>`; digit p of limb q of the product that ends with operand i
/// is `[i.q.p]`, or `(i.q.p)` if that product is itself multiplied further.
///
/// A product stands behind `*`, and a limb of the sum of all terms behind `=`: a model that calculates so has learned to write
/// all that a substitution is written with, its operators and its end. A symbol that it had only ever read would be lost in
/// composition, which can't raise what a frozen model has learned never to write. For each limb of the multiplicand x and each digit b of the multiplier there is a row `<i.j>Bb Lr` of cells `<x.p>Aa L H` with 10H + L =
/// a·b + r' + H', where r' is the digit one place up in the row before, and H' the cell before; in a row's first cell L
/// stands behind the address of the digit of the result that it is. The last row's rest is the highest limb: `[i.q]7032`.
/// A limb of the sum: the terms with their signs, then for each place a column `,T C` of
/// cells `<i.p>d±T C` with 10C + T the total so far, carry included, which starts as the total before it without its last
/// digit. The value is each column's last T and, on top, the last C, which may be negative.
package struct ColumnCalculation {
    /// Digits of a limb.
    package let width: Int
    private let base: Int

    /// - Precondition: 1…18 digits, so that an operand fits in an `Int`.
    package init(width: Int) {
        precondition((1...18).contains(width), "limbs of \(width) digits")
        self.width = width
        base = (0..<width).reduce(1) { power, _ in power * 10 }
    }

    /// The expression with its operands numbered: `<1>10+<2>22*<3>24`.
    package static func numbered(_ expression: ArithmeticExpression<Int>) -> String {
        var text = ""
        for (index, operand) in expression.operands.enumerated() {
            if index > 0 { text += expression.operators[index - 1].rawValue }
            text += "<\(index + 1)>\(operand)"
        }
        return text
    }

    /// A number of limbs that has addresses: an operand or a product.
    private struct Term {
        let opening: String
        let closing: String
        let isOperand: Bool
        /// Of each limb, digits from the least significant.
        var limbs: [[Int]]
        var isSubtracted = false

        func address(limb: Int, place: Int) -> String {
            isOperand ? "\(opening).\(place)\(closing)" : "\(opening).\(limb).\(place)\(closing)"
        }
    }

    /// The calculation, without the expression.
    ///
    /// - Throws: `DatasetError` for an operand that has a sign or more than `width` digits.
    package func text(of expression: ArithmeticExpression<Int>) throws(DatasetError) -> String {
        for operand in expression.operands where operand < 0 || operand >= base {
            throw DatasetError(
                "\(expression.text): \(operand) can't be calculated with in columns of \(width) digits without a sign")
        }
        var text = ""
        var terms: [Term] = []
        for (index, operand) in expression.operands.enumerated() {
            let number = Term(
                opening: "<\(index + 1)", closing: ">", isOperand: true, limbs: [digits(of: operand)],
                isSubtracted: index > 0 && expression.operators[index - 1] == .minus)
            guard index > 0, expression.operators[index - 1] == .times, let multiplicand = terms.popLast() else {
                terms.append(number)
                continue
            }
            let isLast = index == expression.operators.count || expression.operators[index] != .times
            var product = Term(
                opening: (isLast ? "[" : "(") + String(index + 1), closing: isLast ? "]" : ")", isOperand: false,
                limbs: [], isSubtracted: multiplicand.isSubtracted)
            multiply(multiplicand, by: number, into: &product, &text)
            terms.append(product)
        }
        add(terms, &text)
        return text
    }

    private func digits(of limb: Int) -> [Int] {
        var rest = limb
        return (0..<width).map { _ in
            defer { rest /= 10 }
            return rest % 10
        }
    }

    private func multiply(_ multiplicand: Term, by multiplier: Term, into product: inout Term, _ text: inout String) {
        text += "*"
        // The row before, one place up: what is added to the next row.
        var above = [Int](repeating: 0, count: width)
        for (limb, digits) in multiplicand.limbs.enumerated() {
            var result: [Int] = []
            for place in 0..<width {
                let factor = multiplier.limbs[0][place]
                text += multiplier.address(limb: 0, place: place)
                text += "B\(factor)L\(above[width - 1])"
                var row: [Int] = []
                var carry = 0
                for (column, digit) in digits.enumerated() {
                    let total = digit * factor + above[column] + carry
                    text += multiplicand.address(limb: limb, place: column)
                    text += "A\(digit)"
                    if column == 0 { text += product.address(limb: limb, place: place) }
                    text += "L\(total % 10)H\(total / 10)"
                    row.append(total % 10)
                    carry = total / 10
                }
                result.append(row[0])
                above = Array(row.dropFirst()) + [carry]
            }
            product.limbs.append(result)
        }
        product.limbs.append(above)
        let value = above.reversed().reduce(0) { $0 * 10 + $1 }
        text += "\(product.opening).\(multiplicand.limbs.count)\(product.closing)\(value)"
    }

    private func add(_ terms: [Term], _ text: inout String) {
        var total = 0
        for limb in 0..<(terms.map(\.limbs.count).max() ?? 0) {
            let terms = terms.filter { $0.limbs.count > limb }
            text += "="
            for term in terms {
                text += term.address(limb: limb, place: 0)
                text += term.isSubtracted ? "-" : "+"
            }
            for place in 0..<width {
                total = carry(of: total)
                text += ",T\(total - 10 * carry(of: total))C\(carry(of: total))"
                for term in terms {
                    let digit = term.limbs[limb][place]
                    total += term.isSubtracted ? -digit : digit
                    text += term.address(limb: limb, place: place)
                    text += "\(digit)\(term.isSubtracted ? "-" : "+")"
                    text += "T\(total - 10 * carry(of: total))C\(carry(of: total))"
                }
            }
        }
    }

    /// ⌊total / 10⌋.
    private func carry(of total: Int) -> Int { total >= 0 ? total / 10 : -((9 - total) / 10) }
}

extension ColumnCalculation {
    /// The value at which a calculation arrives, as people write it, of any size; nil if its columns hold none.
    package static func value(of text: String) -> String? {
        // What stands before the first column holds no comma: a substitution, products, the terms' signs.
        guard let start = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        var digits: [Int] = []
        var carry = 0
        for column in text.utf8[start...].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            .dropFirst()
        {
            let column = column.prefix { $0 != UInt8(ascii: "=") }
            guard let mark = column.lastIndex(of: UInt8(ascii: "T")), let top = column.lastIndex(of: UInt8(ascii: "C")),
                mark < top, let digit = Self.integer(column[column.index(after: mark)..<top]), (0...9).contains(digit),
                let rest = Self.integer(column[column.index(after: top)...]), (-99...99).contains(rest)
            else { return nil }
            digits.append(digit)
            carry = rest
        }
        guard !digits.isEmpty else { return nil }
        // With a negative carry c, the value is -(|c|·10^n - digits).
        var borrow = 0
        if carry < 0 {
            digits = digits.map { digit in
                let rest = (10 - digit - borrow) % 10
                borrow = digit + borrow > 0 ? 1 : 0
                return rest
            }
        }
        let magnitude = String(abs(carry) - borrow) + digits.reversed().map(String.init).joined()
        let significant = magnitude.drop { $0 == "0" }
        return significant.isEmpty ? "0" : (carry < 0 ? "-" : "") + significant
    }

    /// An integer as tokens spell it: no zeros in front, no plus.
    private static func integer(_ bytes: Substring.UTF8View) -> Int? {
        let text = String(Substring(bytes))
        return Int(text).flatMap { String($0) == text ? $0 : nil }
    }
}
