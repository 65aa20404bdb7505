/// As much of a long answer as a table can show: its head, what surrounds the place where it leaves another one, and its tail.
///
/// What is left out is counted: `<1>10+<2>22=;<1.0>+ …(212 characters)… T3C0`.
package struct AnswerExcerpt {
    package let text: String

    private static let longest = 160
    /// Characters of head and of tail, and on each side of where it differs.
    private static let side = 32

    package init(_ answer: String, besides other: String) {
        let characters = Array(answer)
        guard characters.count > AnswerExcerpt.longest else {
            text = answer
            return
        }
        let side = AnswerExcerpt.side
        let place = zip(characters, other).prefix { $0 == $1 }.count
        var ranges = [0..<side]
        for next in [place - side..<place + side, characters.count - side..<characters.count] {
            let next = next.clamped(to: characters.indices)
            if let last = ranges.last, next.lowerBound <= last.upperBound + side {
                ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, next.upperBound)
            } else {
                ranges.append(next)
            }
        }
        var text = ""
        var end = 0
        for range in ranges {
            if range.lowerBound > end { text += " …(\(range.lowerBound - end) characters)… " }
            text += String(characters[range])
            end = range.upperBound
        }
        self.text = text
    }
}
