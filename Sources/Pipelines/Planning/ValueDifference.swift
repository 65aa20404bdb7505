import Artifacts

/// What differs between two values of one field, with the path to each place: `with.argv[2]: … sort -n … → … sort -r …`.
package struct ValueDifference {
    /// One a place, the first few of them.
    private(set) var places: [String] = []
    /// How many more there are.
    private(set) var more = 0

    private static let maximumPlaces = 3

    /// `with.argv[1]: a → b, with.argv[3]: c → d`
    var text: String { places.joined(separator: ", ") + (more > 0 ? ", and \(more) more" : "") }

    /// - Parameter old: Nil if the field wasn't there.
    /// - Parameter new: Nil if the field is gone.
    init(_ path: String, from old: JSONValue?, to new: JSONValue?) {
        compare(path, old, new)
    }

    private mutating func add(_ place: String) {
        if places.count < Self.maximumPlaces { places.append(place) } else { more += 1 }
    }

    private mutating func compare(_ path: String, _ old: JSONValue?, _ new: JSONValue?) {
        switch (old, new) {
        case (nil, nil): break
        case (nil, let new?): add("\(path) added (\(Self.text(new)))")
        case (let old?, nil): add("\(path) removed (was \(Self.text(old)))")
        case (.string(let before), .string(let now)): compare(path, before, now)
        case (.array(let before), .array(let now)):
            let (one, two) = (JSONValue.array(before).canonical, JSONValue.array(now).canonical)
            if max(one.unicodeScalars.count, two.unicodeScalars.count) <= TextDifference.maximumWhole {
                let difference = TextDifference(from: one, to: two)
                add("\(path): \(difference.before) → \(difference.now)")
            } else {
                compare(path, before, now)
            }
        case (.object(let before), .object(let now)):
            for name in Set(before.keys).union(now.keys).sorted() where !before[name].isSame(as: now[name]) {
                compare("\(path).\(name)", before[name], now[name])
            }
        case (let before?, let now?):
            // Of different kinds: a string is quoted, so that "1" can't be taken for 1.
            let (one, two) = (Self.text(before, quoted: true), Self.text(now, quoted: true))
            add("\(path): \(one) → \(two)")
        }
    }

    private mutating func compare(_ path: String, _ before: [JSONValue], _ now: [JSONValue]) {
        if before.count == now.count {
            for place in before.indices where !before[place].isSame(as: now[place]) {
                compare("\(path)[\(place)]", before[place], now[place])
            }
            return
        }
        var start = 0
        while start < min(before.count, now.count), before[start].isSame(as: now[start]) { start += 1 }
        var end = 0
        while end < min(before.count, now.count) - start,
            before[before.count - 1 - end].isSame(as: now[now.count - 1 - end])
        {
            end += 1
        }
        let (removed, added) = (before[start..<before.count - end], now[start..<now.count - end])
        for (place, pair) in zip(removed, added).enumerated() where !pair.0.isSame(as: pair.1) {
            compare("\(path)[\(start + place)]", pair.0, pair.1)
        }
        let common = min(removed.count, added.count)
        for (place, value) in removed.dropFirst(common).enumerated() {
            add("\(path)[\(start + common + place)] removed (was \(Self.text(value)))")
        }
        for (place, value) in added.dropFirst(common).enumerated() {
            add("\(path)[\(start + common + place)] added (\(Self.text(value)))")
        }
    }

    /// Two strings: line by line if both have several.
    private mutating func compare(_ path: String, _ before: String, _ now: String) {
        guard max(before.unicodeScalars.count, now.unicodeScalars.count) > TextDifference.maximumWhole,
            let changes = LineDifference(from: before, to: now)
        else {
            let difference = TextDifference(from: before, to: now)
            add("\(path): \(difference.before) → \(difference.now)")
            return
        }
        for change in changes.texts { add("\(path) \(change)") }
        more += changes.more
    }

    /// A value as a person would write it, cut where it gets long.
    package static func text(_ value: JSONValue, quoted: Bool = false) -> String {
        var full = if case .string(let text) = value { text } else { value.canonical }
        if case .string(let text) = value, quoted || text.isEmpty || text.first == " " || text.last == " " {
            full = "\"\(text)\""
        }
        let scalars = full.unicodeScalars
        guard scalars.count > TextDifference.maximumWhole else { return VisibleText.spelled(scalars) }
        return "\(VisibleText.spelled(scalars.prefix(40)))… (\(scalars.count) characters)"
    }
}

extension JSONValue {
    /// Whether both have the same canonical bytes: `==` takes `é` for `e` with an accent, and a key doesn't.
    func isSame(as other: JSONValue) -> Bool { self == other && canonicalBytes == other.canonicalBytes }
}

extension JSONValue? {
    func isSame(as other: JSONValue?) -> Bool {
        switch (self, other) {
        case (nil, nil): true
        case (let one?, let two?): one.isSame(as: two)
        default: false
        }
    }
}
