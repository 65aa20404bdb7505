/// The symbolic links of a folder, by their paths in it, and where they lead.
package struct FolderLinks: Sendable {
    /// As Linux: a path that goes through more links than this leads nowhere.
    private static let limit = 40
    /// The longest target (Linux's PATH_MAX, without the end mark).
    private static let targetLimit = 4095

    /// How many names may be walked through on the way to one place: more than anybody's folders need, and little enough
    /// that a hundred thousand links made to waste time are looked through in seconds.
    private static let walkLimit = 1000

    /// A name on the way to a link, or the link itself.
    private struct Node {
        var children: [Substring: Int] = [:]
        var target: String?
    }

    private let targets: [String: String]
    /// The paths of the links as a tree, from the folder itself.
    private var tree = [Node()]

    package init(_ targets: [String: String]) {
        self.targets = targets
        for (path, target) in targets {
            var node = 0
            for part in Self.parts(of: path) {
                if let child = tree[node].children[part] {
                    node = child
                } else {
                    tree[node].children[part] = tree.count
                    node = tree.count
                    tree.append(Node())
                }
            }
            tree[node].target = target
        }
    }

    private static func parts(of path: String) -> [Substring] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
    }

    /// Why the link at this path can't be kept; nil if it leads to a place in the folder, whether or not something is there.
    package func fault(of path: String) -> String? {
        guard let target = targets[path] else { return nil }
        if target.isEmpty { return "is a link to nothing" }
        if target.utf8.count > Self.targetLimit {
            return "is a link with a target of more than \(Self.targetLimit) bytes"
        }
        if target.unicodeScalars.contains("\0") { return "is a link whose target holds a NUL" }
        if target.utf8.first == UInt8(ascii: "/") {
            return "is a link whose target is absolute, \(target.debugDescription)"
        }
        switch destination(of: path) {
        case .outside: return "is a link that leads out of the folder, to \(target.debugDescription)"
        case .tooFar: return "is a link that leads through more than \(Self.walkLimit) names"
        case .inside, .circle: return nil
        }
    }

    /// The path in the folder that `path` comes to when all links are followed; nil if they lead out of it or in a circle.
    package func resolved(_ path: String) -> String? {
        if case .inside(let path) = destination(of: path) { path } else { nil }
    }

    private enum Destination {
        case inside(String)
        case outside, circle, tooFar
    }

    /// Goes the path part by part, as the kernel does. To look at the texts isn't enough: `..` behind a link means the parent of
    /// where the link leads.
    private func destination(of path: String) -> Destination {
        var place: [Substring] = []
        // Of the folder and each part of the place, as long as links may lie below it.
        var nodes: [Int?] = [0]
        // The last comes next.
        var rest = Array(Self.parts(of: path).reversed())
        var (followed, walked) = (0, rest.count)
        while let part = rest.popLast() {
            if part == "." { continue }
            if part == ".." {
                if place.popLast() == nil { return .outside }
                nodes.removeLast()
                continue
            }
            let node = nodes.last?.flatMap { tree[$0].children[part] }
            guard let target = node.flatMap({ tree[$0].target }) else {
                place.append(part)
                nodes.append(node)
                continue
            }
            followed += 1
            if followed > Self.limit { return .circle }
            if target.utf8.first == UInt8(ascii: "/") { return .outside }
            let next = Self.parts(of: target)
            walked += next.count
            if walked > Self.walkLimit { return .tooFar }
            rest += next.reversed()
        }
        return .inside(place.joined(separator: "/"))
    }
}

extension Manifest {
    /// The members that are links.
    package var links: FolderLinks {
        FolderLinks(members.compactMapValues { if case .link(let target) = $0.kind { target } else { nil } })
    }
}
