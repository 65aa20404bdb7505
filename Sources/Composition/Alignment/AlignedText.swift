import LanguageModels
import Tokenization

/// One text as the anchor's tokens spell it, and what the augmenting model reads of it.
///
/// The text is what the anchor's tokens decode to, character by character; control tokens are zero bytes wide. Where the
/// connections act after the prompt alone, what is read first is the prompt: the augmenting model reads it as a whole, or in its
/// place a prompt of its own, and what follows is a text of its own, as in training and generation of a single model.
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
    /// What the augmenting model reads before the text that grows: the tokens that it expects there, and its prompt.
    private var leading: [Token]
    /// The prompt: the anchor's tokens, and the bytes of its text.
    private var (promptCount, promptBytes) = (0, 0)
    /// Whether the augmenting model has tokens for all of the prompt.
    private var isPromptReadable = true
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
        if index < leading.count { return leading[index] }
        let token = text.tokens[index - leading.count]
        return Token(id: token.id, end: promptBytes + token.end)
    }

    private mutating func read(_ id: Int32) -> View {
        anchorTokens.append(id)
        let before = count
        var kept = before
        let piece = decoder.append(id)
        if isReadable, !piece.isEmpty, promptCount == 0 || alignment.readsAnswers {
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
        if alignment.acts == .afterPrompt, count > 0 {
            shorter.readPrompt(anchorTokens.prefix(min(count, promptCount)), own: nil)
            if count >= promptCount {
                (shorter.leading, shorter.isReadable) = (leading, isPromptReadable)
            }
        }
        for id in anchorTokens.prefix(count).dropFirst(shorter.promptCount) { _ = shorter.read(id) }
        var same = 0
        while same < min(cachedCount, shorter.count), shorter.token(same) == token(same) { same += 1 }
        shorter.cachedCount = same
        self = shorter
    }

    /// Reads on, and says what the augmenting model is to read for it.
    ///
    /// - Parameters:
    ///   - promptCount: How many of the tokens are the prompt, if these are the first; nil for all.
    ///   - own: What the augmenting model reads in place of the prompt; nil for the same text.
    package mutating func read(
        _ ids: some Collection<Int32>, promptCount: Int? = nil, own: [Int32]? = nil
    ) -> AlignedStretch {
        var views: [View] = []
        var (rest, blind) = (ids[...], 0)
        if alignment.acts == .afterPrompt, anchorTokens.isEmpty, !ids.isEmpty {
            let prompt = ids.prefix(promptCount ?? ids.count)
            readPrompt(prompt, own: own)
            // Its last token sees all of it, those before nothing.
            (rest, blind) = (ids.dropFirst(prompt.count), prompt.count - 1)
            views.append(View(count: count, open: [], kept: 0))
        }
        views += rest.map { read($0) }
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
        for _ in 0..<blind { stretch.see(cut: 0, []) }
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

    /// The augmenting model's prompt ends where the anchor's does.
    private mutating func readPrompt(_ ids: some Collection<Int32>, own: [Int32]?) {
        anchorTokens += ids
        promptCount = ids.count
        var prompt = ""
        for id in ids {
            let piece = decoder.append(id)
            prompt += piece
            ends.append((ends.last ?? 0) + piece.utf8.count)
        }
        promptBytes = ends.last ?? 0
        if let own {
            leading = own.enumerated().map { Token(id: $1, end: promptBytes * ($0 + 1) / own.count) }
        } else {
            do {
                leading += try alignment.augmenting.encode(prompt)
            } catch {
                isReadable = false
            }
        }
        isPromptReadable = isReadable
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
