import Artifacts
import Foundation

extension FileImporter {
    func artifact(ofFolder path: String, in store: Store) throws -> Digest {
        try artifact(of: "folder \(path)", in: path, store) {
            var status = stat()
            guard stat(path, &status) == 0 else {
                let reason = String(cString: strerror(errno))
                throw StageFailure(.badInput, "input folder \(path): \(reason); check the path in the pipeline file")
            }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw StageFailure(
                    .badInput,
                    "input folder \(path) is \(FileSignature.kindName(status.st_mode)); write { file: path } for a file"
                )
            }
            return try FolderListing(of: path).entries
        }
    }

    func artifact(ofGlob text: String, in folder: String, _ store: Store) throws -> Digest {
        let pattern: GlobPattern
        do throws(GlobPattern.Fault) {
            pattern = try GlobPattern(text)
        } catch {
            throw StageFailure(.badInput, "the glob \(text) \(error.message)")
        }
        let root = try search(pattern, text, folder).folder
        return try artifact(of: "glob \(folder) \(text)", in: root, store) {
            try search(pattern, text, folder).files
        }
    }

    private func search(_ pattern: GlobPattern, _ text: String, _ folder: String) throws -> GlobSearch {
        let search = try GlobSearch(pattern, in: folder)
        if search.files.isEmpty {
            throw StageFailure(.badInput, "no file matches the glob \(text) in \(folder) any more")
        }
        return search
    }

    /// The artifact of files as they were together at one moment.
    ///
    /// - Parameter name: of what is imported, for the index.
    private func artifact(
        of name: String, in folder: String, _ store: Store, list: () throws -> [FolderListing.Entry]
    ) throws -> Digest {
        do {
            var entries = try list()
            for _ in 1...Self.attempts {
                let (members, hasRead) = try members(entries, in: folder, store)
                // Read while one after the other may have changed: only what stood there before and after was there at once.
                let after = hasRead ? try list() : entries
                if after == entries { return try artifact(members, name, in: store) }
                entries = after
            }
        } catch let fault as FolderListing.Fault {
            throw StageFailure(.badInput, "input \(name): \(fault.message)")
        }
        throw StageFailure(
            .badInput,
            "input \(name) is being written to: it changed again and again while it was read; run again when it is whole"
        )
    }

    private func members(
        _ entries: [FolderListing.Entry], in folder: String, _ store: Store
    ) throws -> (members: [(name: String, member: Manifest.Member)], hasRead: Bool) {
        var members: [(name: String, member: Manifest.Member)] = []
        var new: [(path: String, entry: ImportIndex.Entry)] = []
        var hasRead = false
        for entry in entries {
            switch entry.kind {
            case .file, .executable:
                guard let signature = entry.signature else { continue }
                let path = "\(folder)/\(entry.name)"
                if let member = known(path, signature, in: store) {
                    members.append((entry.name, member))
                    continue
                }
                hasRead = true
                let file = try read(path, signature, in: store)
                members.append((entry.name, file.member))
                if file.isSettled {
                    new.append(
                        (
                            path,
                            ImportIndex.Entry(signature: file.signature, blob: file.member.digest, artifact: nil)
                        ))
                }
            case .link(let target): members.append((entry.name, try member(Array(target.utf8), entry.kind, in: store)))
            case .folder: members.append((entry.name, try member([], entry.kind, in: store)))
            }
        }
        try index.remember(new)
        return (members, hasRead)
    }

    private func member(
        _ bytes: [UInt8], _ kind: Manifest.Member.Kind, in store: Store
    ) throws -> Manifest.Member {
        let digest = Digest(of: bytes)
        if store.contains(digest) { return Manifest.Member(digest: digest, size: bytes.count, kind: kind) }
        return try store.put(bytes).with(kind: kind)
    }

    /// The artifact with these members; its manifest isn't made again if they are those of the last import.
    private func artifact(
        _ members: [(name: String, member: Manifest.Member)], _ name: String, in store: Store
    ) throws -> Digest {
        var text: [UInt8] = []
        for (name, member) in members {
            let kind =
                switch member.kind {
                case .file: "f"
                case .executable: "x"
                case .folder: "d"
                case .link: "l"
                }
            // Names hold no NUL.
            text += "\(kind)\(member.digest.hex)\(name)\0".utf8
        }
        let content = Digest(of: text)
        if let known = index[name], known.blob == content, let artifact = known.artifact, store.contains(artifact) {
            return artifact
        }
        let manifest = Manifest(type: .folder, members: Dictionary(members) { first, _ in first })
        let artifact = try store.put(manifest)
        let signature = FileSignature(size: members.count, device: 0, inode: 0, modified: 0, changed: 0)
        try index.remember([(name, ImportIndex.Entry(signature: signature, blob: content, artifact: artifact))])
        return artifact
    }
}
