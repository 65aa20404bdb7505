/// The symbolic links of a folder, by their paths in it, and where they lead.
package struct FolderLinks: Sendable {
    /// As Linux: a path that goes through more links than this leads nowhere.
    private static let limit = 40
    /// The longest target (Linux's PATH_MAX, without the end mark).
    private static let targetLimit = 4095

    private let targets: [String: String]

    package init(_ targets: [String: String]) { self.targets = targets }

    /// Why the link at this path can't be kept; nil if it leads to a place in the folder, whether or not something is there.
    package func fault(of path: String) -> String? {
        guard let target = targets[path] else { return nil }
        if target.isEmpty { return "is a link to nothing" }
        if target.utf8.count > Self.targetLimit {
            return "is a link with a target of more than \(Self.targetLimit) bytes"
        }
        if target.unicodeScalars.contains("\0") { return "is a link whose target holds a NUL" }
        if case .outside = destination(of: path) {
            return "is a link that leads out of the folder, to \(target.debugDescription)"
        }
        return nil
    }

    /// The path in the folder that `path` comes to when all links are followed; nil if they lead out of it or in a circle.
    package func resolved(_ path: String) -> String? {
        if case .inside(let path) = destination(of: path) { path } else { nil }
    }

    private enum Destination {
        case inside(String)
        case outside, circle
    }

    /// Goes the path part by part, as the kernel does. To look at the texts isn't enough: `..` behind a link means the parent of
    /// where the link leads.
    private func destination(of path: String) -> Destination {
        var place: [Substring] = []
        // The last comes next.
        var rest = Array(path.split(separator: "/").reversed())
        var followed = 0
        while let part = rest.popLast() {
            if part == "." { continue }
            if part == ".." {
                if place.popLast() == nil { return .outside }
                continue
            }
            place.append(part)
            guard !targets.isEmpty, let target = targets[place.joined(separator: "/")] else { continue }
            followed += 1
            if followed > Self.limit { return .circle }
            if target.utf8.first == UInt8(ascii: "/") { return .outside }
            place.removeLast()
            rest += target.split(separator: "/").reversed()
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
