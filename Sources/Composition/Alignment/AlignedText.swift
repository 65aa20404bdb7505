import LanguageModels
import Tokenization

/// One text as the anchor's tokens spell it, and what the augmenting model reads of it.
///
/// The text is what the anchor's tokens decode to, character by character; control tokens are zero bytes wide.
package struct AlignedText: Sendable {
    /// What the augmenting model reads once the anchor has read one more token.
    private struct View {
        /// Tokens in all.
        let count: Int
        /// The last of them: `count - open.count` can't change any more.
        let open: [Token]
        /// How many tokens of the view before are still the first ones.
        let kept: Int
    }

    /// The anchor's tokens so far, and the bytes of text that are read with each.
    private(set) var anchorTokens: [Int32] = []
    private(set) var ends: [Int] = []
    /// So many of the augmenting model's first tokens are those that its caches hold.
    var cachedCount = 0
    /// Whether the augmenting model has tokens for all of the text; if not, it reads no further than to the first character
    /// that it has none for.
    package private(set) var isReadable = true
    private let alignment: TextAlignment
    private let leading: [Token]
    private let limit: Int
    private var decoder: StreamingDecoder
    private var text: GrowingText

    package init(_ alignment: TextAlignment) {
        self.alignment = alignment
        leading = alignment.augmenting.leadingTokens.map { Token(id: $0, end: 0) }
        limit = alignment.longest ?? .max
        decoder = StreamingDecoder(alignment.anchor)
        text = GrowingText(alignment.augmenting)
    }

    /// How many tokens the augmenting model reads of the text so far.
    package var count: Int { min(limit, leading.count + (isHidden ? text.settledCount : text.tokens.count)) }

    /// Whether the text has more tokens than the augmenting model reads.
    package var isCut: Bool { count == limit && leading.count + text.tokens.count > limit }

    private var isHidden: Bool { alignment.openChunk == .hidden }

    private func token(_ index: Int) -> Token {
        index < leading.count ? leading[index] : text.tokens[index - leading.count]
    }

    private mutating func read(_ id: Int32) -> View {
        anchorTokens.append(id)
        let before = count
        var kept = before
        let piece = decoder.append(id)
        if isReadable, !piece.isEmpty {
            do {
                kept = min(before, leading.count + (try text.append(piece)))
            } catch {
                isReadable = false
            }
        }
        ends.append((ends.last ?? 0) + piece.utf8.count)
        let settled = min(count, leading.count + text.settledCount)
        return View(count: count, open: (settled..<count).map { token($0) }, kept: kept)
    }

    /// Forgets what is beyond the anchor's first `count` tokens.
    package mutating func truncate(to count: Int) {
        guard count < anchorTokens.count else { return }
        var shorter = AlignedText(alignment)
        for id in anchorTokens.prefix(count) { _ = shorter.read(id) }
        var same = 0
        while same < min(cachedCount, shorter.count), shorter.token(same) == token(same) { same += 1 }
        shorter.cachedCount = same
        self = shorter
    }

    /// Reads on, and says what the augmenting model is to read for it.
    package mutating func read(_ ids: some Collection<Int32>) -> AlignedStretch {
        let views = ids.map { read($0) }
        // Of each view's tokens, how many are the first of the whole stretch's too.
        var cuts = views.map(\.count)
        var least = count
        for index in views.indices.reversed() {
            cuts[index] = min(cuts[index], least)
            least = min(least, views[index].kept)
        }
        var stretch = AlignedStretch()
        // Something is read in any case.
        stretch.first = max(0, min(least, cachedCount, count - 1))
        for index in stretch.first..<count { stretch.append(token(index), at: position(of: token(index).end)) }
        for (view, cut) in zip(views, cuts) {
            let branch = view.open.dropFirst(cut - (view.count - view.open.count))
            stretch.see(cut: cut, branch.map { ($0, position(of: $0.end)) })
        }
        if stretch.isEmpty {
            stretch.addUnseen(alignment.augmenting.beginning ?? 0)
        }
        cachedCount = count
        return stretch
    }

    /// The first of the anchor's tokens that reaches a byte.
    private func position(of end: Int) -> Int32 {
        var (low, high) = (0, ends.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] < end { low = middle + 1 } else { high = middle }
        }
        return Int32(low)
    }
}

/// What an augmenting model reads beside some more tokens of the anchor, and which of its states each of these sees.
package struct AlignedStretch: Sendable {
    /// Of the tokens that each view begins with, those before this one are read already.
    package var first = 0
    /// The tokens of the text as it now is, from `first` on; then those of branches, by which the text ended at some of the
    /// anchor's tokens.
    package private(set) var tokens: [Int32] = []
    /// Where each token is in its text.
    package private(set) var positions: [Int32] = []
    /// The anchor's position that each token belongs to.
    package private(set) var anchorPositions: [Int32] = []
    /// How many of the tokens are those of the text as it now is.
    package private(set) var mainCount = 0
    /// Where branches begin in `tokens`, and how many of the text's first tokens are before each.
    package private(set) var branches: [(rows: Range<Int>, cut: Int)] = []
    /// For each of the anchor's tokens: it sees the text's first tokens up to a cut, and a branch.
    package private(set) var sights: [(cut: Int, branch: Range<Int>)] = []

    var isEmpty: Bool { tokens.isEmpty }

    fileprivate mutating func append(_ token: Token, at position: Int32) {
        positions.append(Int32(first + tokens.count))
        tokens.append(token.id)
        anchorPositions.append(position)
        mainCount += 1
    }

    fileprivate mutating func see(cut: Int, _ branch: [(token: Token, position: Int32)]) {
        guard !branch.isEmpty else { return sights.append((cut, 0..<0)) }
        if let last = branches.last, last.cut == cut, tokens[last.rows] == branch.map(\.token.id)[...] {
            return sights.append((cut, last.rows))
        }
        let start = tokens.count
        for (index, (token, position)) in branch.enumerated() {
            positions.append(Int32(cut + index))
            tokens.append(token.id)
            anchorPositions.append(position)
        }
        branches.append((start..<tokens.count, cut))
        sights.append((cut, start..<tokens.count))
    }

    /// A token that nobody sees.
    fileprivate mutating func addUnseen(_ id: Int32) {
        branches.append((tokens.count..<tokens.count + 1, 0))
        tokens.append(id)
        positions.append(0)
        anchorPositions.append(0)
    }
}
