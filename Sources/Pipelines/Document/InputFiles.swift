import Artifacts
import Foundation

/// What is wrong with a file, a folder or a glob that an input names.
struct InputFileFault: Hashable {
    /// A sentence without the stage and the input.
    let message: String
}

extension FileReference {
    var type: ArtifactType {
        switch self {
        case .file: .file
        case .folder, .glob: .folder
        }
    }

    /// What the pipeline calls it.
    var word: String {
        switch self {
        case .file: "file"
        case .folder: "folder"
        case .glob: "glob"
        }
    }
}

extension StageResolver {
    private static let words = ["file", "folder", "glob"]

    /// `{ file: path }`, `{ folder: path }` or `{ glob: pattern }`; nil once it is reported as something else, or as what no
    /// stage could be given.
    mutating func file(_ entries: [DocumentNode.Entry], _ node: DocumentNode, _ subject: String) -> FileReference? {
        guard let fields = collector.fields(of: node, subject, valid: Self.words) else { return nil }
        let found = Self.words.compactMap { word in fields[word].map { (word, $0.value) } }
        guard let (word, value) = found.first else {
            if entries.isEmpty {
                collector.report(
                    node.location,
                    "\(subject): expected { file: path }, { folder: path } or { glob: pattern }, found an empty mapping"
                )
            }
            return nil
        }
        guard found.count == 1 else {
            collector.report(
                node.location,
                "\(subject): expected one of 'file', 'folder' and 'glob', found \(found.map(\.0).joined(separator: " and "))"
            )
            return nil
        }
        guard let text = collector.text(of: value, "\(subject): \(word)") else { return nil }
        guard !text.isEmpty, !text.unicodeScalars.contains(where: \.isControl) else {
            let what = word == "glob" ? "a pattern of paths" : "the path of a \(word)"
            collector.report(value.location, "\(subject): expected \(what), found \(quoted(text))")
            return nil
        }
        let reference: FileReference =
            switch word {
            case "folder": .folder(path: text)
            case "glob": .glob(pattern: text)
            default: .file(path: text)
            }
        let fault: InputFileFault?
        if let known = checkedFiles[reference] {
            fault = known
        } else {
            fault = Self.fault(of: reference, in: folder, store: store)
            checkedFiles[reference] = .some(fault)
        }
        if let fault {
            collector.report(value.location, "\(subject): \(fault.message)")
            return nil
        }
        return reference
    }

    /// - Parameters:
    ///   - folder: the pipeline's; nil to leave the file system out of it.
    ///   - store: where the store is or will be, if that is known.
    private static func fault(
        of reference: FileReference, in folder: String?, store: StorePlace?
    ) -> InputFileFault? {
        func whole(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder ?? ".")/\(path)" }
        switch reference {
        case .file(let path): return folder == nil ? nil : fault(ofFile: path, whole(path))
        case .folder(let path): return folder == nil ? nil : fault(ofFolder: path, whole(path), store)
        case .glob(let text):
            do throws(GlobPattern.Fault) {
                let pattern = try GlobPattern(text)
                return folder.flatMap { fault(ofGlob: pattern, text, in: $0) }
            } catch {
                return InputFileFault(message: "the glob \(quoted(text)) \(error.message)")
            }
        }
    }

    private static func fault(ofFile path: String, _ file: String) -> InputFileFault? {
        var status = stat()
        guard stat(file, &status) == 0 else { return absence(of: "file", path, file, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            return InputFileFault(
                message: "\(quoted(path)) is \(FileSignature.kindName(status.st_mode)), expected an ordinary file"
                    + (isFolder ? "; write { folder: \(path) } for all that is in it" : ""))
        }
        if let number = errorOfReading(file) { return absence(of: "file", path, file, number) }
        if FileSignature.isMadeUp(file, status) {
            return InputFileFault(message: "the file \(quoted(path)) \(FileSignature.madeUp)")
        }
        // As the artifact calls it.
        let name = URL(fileURLWithPath: file).lastPathComponent
        return Manifest.fault(ofMemberName: name).map {
            InputFileFault(message: "the name of the file \(quoted(path)) \($0); rename it")
        }
    }

    /// What reading the file's beginning ends with; nil if it can be read.
    private static func errorOfReading(_ file: String) -> Int32? {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        var byte: UInt8 = 0
        return read(descriptor, &byte, 1) < 0 ? errno : nil
    }

    private static func fault(ofFolder path: String, _ folder: String, _ store: StorePlace?) -> InputFileFault? {
        var status = stat()
        guard stat(folder, &status) == 0 else { return absence(of: "folder", path, folder, errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            let isFile = status.st_mode & S_IFMT == S_IFREG
            return InputFileFault(
                message: "\(quoted(path)) is \(FileSignature.kindName(status.st_mode)), expected a folder"
                    + (isFile ? "; write { file: \(path) }" : ""))
        }
        do throws(FolderListing.Fault) {
            _ = try FolderListing(of: folder)
            guard let store, store.lies(in: folder) else { return nil }
            return InputFileFault(
                message: "the folder \(quoted(path)) can't be an input: the store will be in it (\(store.path)) and "
                    + "change with every run; name a folder without it, or another store with --store DIR")
        } catch {
            return InputFileFault(message: "the folder \(quoted(path)) can't be an input: \(error.message)")
        }
    }

    private static func fault(ofGlob pattern: GlobPattern, _ text: String, in folder: String) -> InputFileFault? {
        do throws(FolderListing.Fault) {
            let search = try GlobSearch(pattern, in: folder)
            if !search.files.isEmpty { return nil }
            let folders = search.matchingFolders
            return InputFileFault(
                message: "no file matches the glob \(quoted(text)) in \(folder)"
                    + (folders > 0 ? "; \(folders) folder\(folders == 1 ? "" : "s") would: write { folder: path }" : "")
            )
        } catch {
            return InputFileFault(message: "the glob \(quoted(text)) can't be an input: \(error.message)")
        }
    }

    /// Why there is no such file, or it can't be read.
    private static func absence(of word: String, _ path: String, _ file: String, _ number: Int32) -> InputFileFault {
        var status = stat()
        let shown = "\(quoted(path)) (\(URL(fileURLWithPath: file).standardizedFileURL.path))"
        if number == ENOENT {
            if lstat(file, &status) == 0, let target = try? FileManager.default.destinationOfSymbolicLink(atPath: file)
            {
                return InputFileFault(message: "\(shown) is a link to \(quoted(target)), which doesn't exist")
            }
            return InputFileFault(message: "no such \(word): \(shown)")
        }
        return InputFileFault(message: "the \(word) \(shown) can't be read: \(String(cString: strerror(number)))")
    }
}
