import Foundation

/// Which element a tag begins or ends.
extension MarkupMender {
    private var top: MarkupRole? { open.last?.role }

    // MARK: Start tags

    func startTag(_ sight: Markup.Sight) {
        let tag = MendedTag(sight, in: markup)
        // Of a tag that the file ends in only a failure counts.
        if tag.isCut, ![.result, .rerun, .outcome].contains(sight.role) {
            position = markup.count
            return
        }
        position = tag.end
        if ![.result, .rerun, .outcome, .output, .property].contains(sight.role), tag.isDubious(from: sight.nameEnd) {
            repairs.dubiousTags += 1
        }
        if sight.role == .other && tag.isTorso(of: sight) || tag.isStray(in: top) { repairs.leftovers += 1 }
        switch sight.role {
        case .suites, .suite: beginSuite(sight, tag)
        case .testCase: beginCase(sight, tag)
        case .properties:
            if open.isEmpty { return }
            begin(sight, tag)
        case .property, .output, .result, .rerun: beginText(sight, tag)
        case .outcome: openCases > 0 ? beginText(sight, tag) : beginOther(sight, tag)
        case .other: beginOther(sight, tag)
        }
    }

    private func begin(_ sight: Markup.Sight, _ tag: MendedTag) {
        if write(sight, tag), tag.isEmpty { closeLast() }
    }

    private func beginSuite(_ sight: Markup.Sight, _ tag: MendedTag) {
        closeProperties()
        if top == .testCase, !isClosedLater(.testCase, from: sight.position) { closeCase() }
        if sight.role == .suite, top == .suite, open.last?.hasCases == true,
            !isClosedLater(.suite, from: sight.position)
        {
            repairs.missing += 1
            closeLast()
        }
        if openSuites == 0, sight.role == .suite { declared.add(tag, markup) }
        begin(sight, tag)
    }

    private func beginCase(_ sight: Markup.Sight, _ tag: MendedTag) {
        closeProperties()
        if top == .testCase, !isClosedLater(.testCase, from: sight.position) { closeCase() }
        if top == .testCase, depth >= Self.deepestCase {
            repairs.tooDeep += 1
            closeLast()
        }
        if open.isEmpty { imply("testsuites", .suites) }
        noteCase()
        write(sight, tag)
        if tag.mistakes.unclosed > 0 { noteBrokenCase() }
        guard tag.isEmpty else { return }
        if goesOn(tag.end) { repairs.superfluous += 1 } else { closeLast() }
    }

    /// Whether a case goes on behind its empty tag: `<testcase name="a"/><failure/></testcase>`.
    private func goesOn(_ place: Int) -> Bool {
        guard let next = markup.tag(markup.skipSpace(place)), !next.isEnd, next.role.isText, next.role != .property,
            markup.canLookAhead
        else { return false }
        var position = next.position
        while markup.canLookAhead, let tag = markup.nextTag(position) {
            if tag.role == .testCase || tag.role.isSuite { return tag.isEnd && tag.role == .testCase }
            position = tag.nameEnd
        }
        return false
    }

    private func beginText(_ sight: Markup.Sight, _ tag: MendedTag) {
        if sight.role != .property { closeProperties() }
        if open.isEmpty {
            guard sight.role != .output, sight.role != .property else { return }
            // A result in no case is one of the suite.
            imply("testsuite", .suite)
        }
        // Of a case whose own tag is lost.
        if sight.name == "skipped", openCases == 0 { repairs.leftovers += 1 }
        write(sight, tag)
        note(result: sight.name, isMended: tag.mistakes.quotes + tag.mistakes.unclosed > 0)
        if tag.isEmpty || tag.isCut { return closeLast() }
        text(sight, from: tag.end)
    }

    private func text(_ sight: Markup.Sight, from start: Int) {
        let extent = TextExtent(
            of: sight.name, in: markup, from: start, isInCase: open.dropLast().last?.role == .testCase,
            enclosing: open.dropLast().map(\.name),
            isKnownUnclosed: preference == .structure || unclosed.contains(sight.position),
            distrustsSections: preference == .structure)
        repairs.sections += extent.guessedSections
        if extent.isAmbiguous { repairs.ambiguous += 1 }
        if extent.ending == .missing {
            repairs.missing += 1
            note(result: sight.name, isMended: true)
            noteBrokenCase()
            if markup.holdsRestOfTag(start, extent.end) || markup.holdsVerdictElement(start, extent.end) {
                repairs.leftovers += 1
            }
            missingEnds[sight.name, default: 0] += 1
        }
        unclosed.formUnion(extent.unclosed)
        position = extent.next
        write(WrittenText(markup, start, extent.end, extent.sections, isOfRerun: sight.role == .rerun, repairs))
    }

    /// An element of another name: one that has an end tag; else what looks like its start tag is text.
    private func beginOther(_ sight: Markup.Sight, _ tag: MendedTag) {
        if open.isEmpty { return begin(sight, tag) }
        if tag.isEmpty { return begin(sight, tag) }
        guard let end = endOfOther(sight, tag.end) else {
            repairs.escaped += 1
            if JUnitElement.isVerdict(sight.name) { repairs.leftovers += 1 }
            let isOfCase = top == .testCase || top?.isSuite == true && !tag.attributes.isEmpty
            if isOfCase, markup.isBehindTag(sight.position) { repairs.unknown.append(sight.name) }
            position = sight.position + 1
            return
        }
        guard write(sight, tag) else { return }
        if let inner = markup.nextTag(tag.end, skipsSections: false), inner.position < end { return }
        write(WrittenText(markup, tag.end, end, [], isOfRerun: false, repairs))
        position = markup.find(UInt8(ascii: ">"), end) + 1
        if position > markup.count { position = markup.count }
    }

    /// Its end tag, before that of the case or suite around it.
    private func endOfOther(_ sight: Markup.Sight, _ from: Int) -> Int? {
        guard markup.canLookAhead, let end = markup.nextEnd(sight.name, from) else { return nil }
        let outer = open.last { $0.role == .testCase || $0.role.isSuite }
        guard let outer else { return end }
        guard let limit = markup.nextEnd(outer.name, from) else { return end }
        return end < limit ? end : nil
    }

    // MARK: End tags

    func endTag(_ sight: Markup.Sight) {
        let tag = markup.find(UInt8(ascii: "<"), sight.nameEnd)
        let close = markup.find(UInt8(ascii: ">"), sight.nameEnd, to: tag)
        position = min(close + 1, tag)
        if close >= markup.count { return }
        // `</syste name="a" status="failed"/>` was a start tag.
        if markup.find(UInt8(ascii: "="), sight.nameEnd, to: close) < close { repairs.leftovers += 1 }
        if close == tag {
            repairs.unclosedTags += 1
            noteBrokenCase()
        }
        if sight.role.isSuite, suitesNotKept > 0 {
            suitesNotKept -= 1
            return
        }
        switch sight.role {
        case .testCase: end { $0.role == .testCase }
        case .suite:
            if isStrayEndOfSuite() { repairs.superfluous += 1 } else { end { $0.role == .suite } }
        case .suites:
            if isStrayEndOfSuites() { repairs.superfluous += 1 } else { end { $0.name == sight.name } }
        case .result: endResult(sight)
        case .property, .rerun, .output: leaveOut()
        case .properties, .outcome, .other:
            let isVerdict = sight.role == .outcome || JUnitElement.isVerdict(sight.name)
            if isVerdict, !open.contains(where: { $0.name == sight.name }) { repairs.leftovers += 1 }
            end { $0.name == sight.name }
        }
    }

    /// An end tag of a result that has begun nowhere: its start tag is damaged. Of a case that hasn't failed otherwise, a failure.
    private func endResult(_ sight: Markup.Sight) {
        leaveOut()
        guard sight.name != "skipped", let last = open.last, !last.hasFailed else { return }
        // Of a case whose own start tag is damaged as well.
        guard last.role == .testCase else {
            if missingEnds[sight.name, default: 0] > 0 {
                missingEnds[sight.name, default: 0] -= 1
            } else {
                repairs.leftovers += 1
            }
            return
        }
        imply(sight.name, .result)
        note(result: sight.name, isMended: true)
        closeLast()
    }

    /// Ends the innermost element that is meant, and what is open in it; an end tag of none is left out.
    private func end(_ isMeant: (Element) -> Bool) {
        guard let index = open.lastIndex(where: isMeant), canEnd(index) else { return leaveOut() }
        while open.count > index + 1 { open.last?.role == .testCase ? closeCase() : closeMissing() }
        closeLast()
    }

    /// An end tag of nothing.
    private func leaveOut() {
        repairs.superfluous += 1
        noteBrokenCase()
    }

    /// A case's end tag doesn't end a suite in it, an unknown element's no case around it.
    private func canEnd(_ index: Int) -> Bool {
        let inner = open[(index + 1)...]
        switch open[index].role {
        case .testCase: return !inner.contains { $0.role.isSuite }
        case .suites, .suite: return true
        default: return !inner.contains { $0.role == .testCase || $0.role.isSuite }
        }
    }

    /// Whether a suite's end tag here is one too many: the suite goes on behind it.
    private func isStrayEndOfSuite() -> Bool {
        guard markup.canLookAhead, let tag = markup.nextTag(position) else { return false }
        if top == .testCase {
            // `<testcase></testsuite></testcase>`: crossed, or too many.
            guard tag.isEnd, tag.role == .testCase, let further = markup.nextTag(tag.nameEnd) else { return false }
            return further.role == .testCase || further.isEnd && further.role == .suite
        }
        guard top == .suite, openSuites == 1 else { return false }
        guard !tag.isEnd, tag.role == .testCase else { return false }
        return nextSuiteTag(tag.position).map { $0.isEnd && $0.role == .suite } ?? false
    }

    private func isStrayEndOfSuites() -> Bool {
        guard openSuites > 0, markup.canLookAhead else { return false }
        return nextSuiteTag(position).map { $0.isEnd && $0.role == .suite } ?? false
    }

    private func nextSuiteTag(_ from: Int) -> Markup.Sight? {
        var position = from
        while markup.canLookAhead, let tag = markup.nextTag(position) {
            if tag.role.isSuite { return tag }
            position = tag.nameEnd
        }
        return nil
    }

    // MARK: Text that is in no element of text

    /// Outside of documents.
    func noteJunk(_ from: Int, _ to: Int) {
        guard markup.skipSpace(from) < to else { return }
        repairs.junk += 1
        if odd.areFound(from: from, to: to) { repairs.hasOddBytes = true }
        if repairs.documents > 0, ReportForm.holdsFailureOfTAP(markup.bytes(from, to)) { repairs.foreign.insert("TAP") }
        if repairs.documents > 0, markup.holdsRestOfTag(markup.tagStart(from), to) { repairs.leftovers += 1 }
    }

    /// Up to here.
    func noteStray(_ end: Int) {
        if odd.areFound(from: position, to: end) { repairs.hasOddBytes = true }
        if let last = open.last, last.role == .other {
            // `<result></system-out>failed</result>`.
            if JUnitElement.isVerdict(last.name) { repairs.leftovers += 1 }
            return
        }
        repairs.strays += 1
        guard markup.holdsRestOfTag(markup.tagStart(position), end) else { return }
        repairs.leftovers += 1
        noteBrokenCase()
    }

    // MARK: Elements without an end tag

    /// Whether the innermost case or suite is ended behind the tag of the same kind that is here, which then is in it.
    private func isClosedLater(_ role: MarkupRole, from start: Int) -> Bool {
        guard let last = open.last, !unclosed.contains(last.position), markup.canLookAhead else { return false }
        var begun = [last.position]
        var position = start
        scan: while let tag = markup.nextTag(position) {
            position = tag.nameEnd
            if tag.role == role {
                if tag.isEnd {
                    begun.removeLast()
                    if begun.isEmpty { return true }
                } else if let end = markup.end(of: tag) {
                    position = end.position
                    if !end.isEmpty { begun.append(tag.position) }
                }
            } else if role == .testCase, tag.role.isSuite {
                break scan
            } else if tag.role == .suites {
                break scan
            }
            if tag.role.isText, !tag.isEnd, let end = markup.end(of: tag), !end.isEmpty {
                // What a text holds doesn't count.
                position = end.position
                if let close = markup.nextEnd(tag.name, position), close < markup.nextEnd("testcase", position) ?? .max
                {
                    position = close
                }
            }
        }
        unclosed.formUnion(begun)
        return false
    }

    private func closeProperties() { while top == .properties { closeMissing() } }

    private func closeMissing() {
        repairs.missing += 1
        closeLast()
    }

    /// Closes a case without an end tag. Its result may be missing, too.
    private func closeCase() {
        repairs.unclosedCases += 1
        closeMissing()
    }
}

extension DeclaredTotals {
    fileprivate mutating func add(_ tag: MendedTag, _ markup: Markup) {
        func number(_ name: String) -> Int? {
            tag.attributes.first { $0.name == name }.flatMap { Int(markup.string($0.start, $0.end)) }
        }
        guard let tests = number("tests") else {
            isWhole = false
            return
        }
        self.tests += tests
        failing += (number("failures") ?? 0) + (number("errors") ?? 0)
    }
}
