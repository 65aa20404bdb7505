/// Exact match of final answers, by the rule of GSM8K: an answer is what follows the first `#### `, without commas.
///
/// Source: `extract_answer` and `is_correct` of openai/grade-school-math, `grade_school_math/dataset.py`.
package struct GradeSchoolMath: CorpusMetric {
    package init() {}

    /// Right, of one.
    package var width: Int { 2 }

    package func statistics(of predictions: [Prediction]) -> CorpusStatistics {
        var statistics = CorpusStatistics(width: width)
        for prediction in predictions {
            let answer = Self.answer(in: prediction.hypothesis)
            let isRight = answer != nil && prediction.references.contains { Self.expectedAnswer(in: $0) == answer }
            statistics.append([isRight ? 1 : 0, 1], referenceCount: prediction.references.count)
        }
        return statistics
    }

    /// The share of right answers, in percent.
    package func score<Number: BinaryFloatingPoint>(of totals: [Number]) -> Double {
        Double(100 * totals[0] / totals[1])
    }

    package var signature: [(name: String, value: String)] { [("answer", "gsm8k")] }

    /// The match of `#### (\-?[0-9\.\,]+)`, without commas.
    package static func answer(in text: String) -> String? {
        let bytes = Array(text.utf8)
        let mark = Array("#### ".utf8)
        var start = 0
        while let found = bytes[start...].firstIndex(of: mark[0]) {
            start = found + 1
            guard bytes[found...].starts(with: mark) else { continue }
            if let number = number(in: bytes[(found + mark.count)...]) { return number }
        }
        return nil
    }

    /// A reference's answer: behind `#### `, or else the whole of it, if it is a number; nil if it has none.
    package static func expectedAnswer(in reference: String) -> String? {
        if let answer = answer(in: reference) { return answer }
        let text = reference.utf8.drop(while: isSpace)
        guard let number = number(in: text), number.utf8.contains(where: { $0 >= UInt8(ascii: "0") }) else {
            return nil
        }
        let rest = text.dropFirst(number.hasPrefix("-") ? 1 : 0).drop(while: isOfNumber)
        return rest.allSatisfy(isSpace) ? number : nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ",")
    }

    /// The number at the beginning, without commas.
    private static func number(in bytes: some Collection<UInt8>) -> String? {
        let sign = bytes.first == UInt8(ascii: "-") ? "-" : ""
        let digits = bytes.dropFirst(sign.utf8.count).prefix(while: isOfNumber)
        guard !digits.isEmpty else { return nil }
        return sign + String(decoding: digits.filter { $0 != UInt8(ascii: ",") }, as: UTF8.self)
    }
}
