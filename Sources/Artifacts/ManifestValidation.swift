extension Manifest {
    /// The most members that one artifact may have, and the most bytes of its JSON.
    static let memberLimit = 100_000
    static let byteLimit = 32 << 20

    /// Checks what a manifest written by somebody else could smuggle in.
    ///
    /// - Throws: `StoreError` with `.hostile`; the message doesn't name the manifest.
    func validate() throws(StoreError) {
        guard Self.isPlainWord(type.rawValue) else {
            throw StoreError(.hostile, "its type is \(type.rawValue.quoted), expected a short word")
        }
        guard members.count <= Self.memberLimit else {
            throw StoreError(.hostile, "it has \(members.count) members, expected at most \(Self.memberLimit)")
        }
        let links = links
        for (name, member) in members {
            if let fault = Self.fault(ofMemberName: name) {
                throw StoreError(.hostile, "its member name \(name.quoted) \(fault)")
            }
            guard member.size >= 0 else {
                throw StoreError(.hostile, "its member \(name.quoted) has the size \(member.size)")
            }
            if let fault = member.faultOfKind {
                throw StoreError(.hostile, "its member \(name.quoted) \(fault)")
            }
            if case .link = member.kind, let fault = links.fault(of: name) {
                throw StoreError(.hostile, "its member \(name.quoted) \(fault)")
            }
            var parent = name[...]
            while let slash = parent.lastIndex(of: "/") {
                parent = parent[..<slash]
                guard members[String(parent)] == nil else {
                    throw StoreError(
                        .hostile, "its member \(String(parent).quoted) is a file and the folder of \(name.quoted)")
                }
            }
        }
        guard metadata.values.allSatisfy(\.isFinite) else {
            throw StoreError(.hostile, "its metadata hold a number that isn't finite")
        }
    }

    /// What is wrong with a member's name, if anything: names are relative paths that stay where they are put.
    package static func fault(ofMemberName name: String) -> String? {
        if name.isEmpty { return "is empty" }
        if name.utf8.count > 1024 { return "is longer than 1024 bytes" }
        if name.hasPrefix("/") { return "is an absolute path" }
        for scalar in name.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: return "holds a control character"
            default: break
            }
            if scalar == "\\" { return "holds a backslash" }
        }
        for part in name.split(separator: "/", omittingEmptySubsequences: false) {
            if part.isEmpty { return "has an empty path component" }
            if part == "." || part == ".." { return "has the path component '\(part)'" }
            if part.utf8.count > 255 { return "has a path component longer than 255 bytes" }
        }
        return nil
    }

    private static func isPlainWord(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 46
                    || $0 == 95
            }
    }
}

extension Manifest.Member {
    /// Why the blob can't be that of a link or an empty folder.
    fileprivate var faultOfKind: String? {
        switch kind {
        case .file, .executable: nil
        case .folder: (digest, size) == (Self.emptyFolder.digest, 0) ? nil : "is an empty folder with bytes"
        case .link(let target):
            (digest, size) == (Digest(of: Array(target.utf8)), target.utf8.count)
                ? nil : "is a link whose blob isn't its target"
        }
    }

    /// What stands for a folder with nothing in it.
    package static let emptyFolder = Manifest.Member(digest: Digest(of: []), size: 0, kind: .folder)
}

extension String {
    /// For messages: in quotes, control characters escaped, shortened.
    fileprivate var quoted: String {
        let start = String(unicodeScalars.prefix(60).map { Character($0) })
        return start.debugDescription + (start.utf8.count < utf8.count ? "…" : "")
    }
}
