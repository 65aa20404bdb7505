import Artifacts
import Pipelines

/// Reads the catalogues of files and folders whose languages are taken.
struct CatalogueReader {
    let languages: LanguageNames
    private(set) var catalogues = 0
    private(set) var entries = 0
    private(set) var fuzzy = 0
    /// The codes of the languages that catalogues are in, as far as they are taken, and of all.
    private(set) var found: Set<String> = []
    private var all: Set<String> = []
    /// Files that were left out since their names are those of languages that aren't taken, and nothing else says what they are in.
    private(set) var leftOut: [String] = []

    /// A larger file isn't a catalogue; all of one is in memory at once.
    private static let largestFile = 1 << 29

    init(languages: LanguageNames) { self.languages = languages }

    /// For messages.
    var allLanguages: String { all.isEmpty ? "none" : all.sorted().joined(separator: ", ") }

    /// Reads a file, or those files of a folder whose names say that they are catalogues, by the names of its members.
    ///
    /// - Parameter add: Takes an entry, and the code of its language.
    /// - Throws: `StageFailure` (bad input) naming the file and the place in it; `StoreError`.
    mutating func read(_ artifact: Artifact, add: (MessageCatalogue.Entry, String) -> Void) throws {
        let files = artifact.manifest.members.filter { $0.value.kind == .file || $0.value.kind == .executable }
            .sorted { $0.key < $1.key }
        let expected = CatalogueFormat.all.flatMap(\.suffixes).joined(separator: ", ")
        var isAny = false
        for (name, member) in files {
            guard let format = CatalogueFormat.format(of: name) else { continue }
            isAny = true
            let place = "\(name) of '\(artifact.stage)'"
            guard member.size <= Self.largestFile else {
                throw StageFailure(
                    .badInput, "\(place): \(member.size) bytes, expected at most \(Self.largestFile): split the file")
            }
            do {
                let catalogue = try format.read(Array(try artifact.data(name)))
                let isNamed = format.isNamedByLanguage
                let path = languages.language(ofPath: name, isNamed: isNamed)
                let isTaken = try read(catalogue, path: path, add: add)
                if !isTaken, catalogue.knownLanguage == nil, !catalogue.entries.allSatisfy({ $0.language != nil }) {
                    leftOut.append(name)
                }
            } catch let error as CatalogueError {
                throw StageFailure(.badInput, "\(place): \(error)")
            }
        }
        guard isAny else {
            let names = files.prefix(4).map(\.key).joined(separator: ", ")
            throw StageFailure(
                .badInput,
                "'\(artifact.stage)' has no catalogue, expected a file whose name ends with one of \(expected); it has: "
                    + (files.isEmpty ? "no file" : files.count > 4 ? "\(names) and \(files.count - 4) more" : names))
        }
    }

    /// - Parameter path: The language that the file's path names.
    /// - Returns: Whether an entry is of a language that is taken.
    private mutating func read(
        _ catalogue: MessageCatalogue, path: String?, add: (MessageCatalogue.Entry, String) -> Void
    ) throws -> Bool {
        let ofFile = catalogue.knownLanguage ?? path
        var isTaken = false
        for entry in catalogue.entries {
            guard let language = entry.language ?? ofFile else {
                throw CatalogueError(
                    "\(entry.place): of no known language: say it in a header or a field 'language', or put the file into a "
                        + "folder named by its code, such as zu")
            }
            guard LanguageNames.isCode(language) else {
                throw CatalogueError(
                    "\(entry.place): the language '\(language.prefix(40))', expected a code such as zu or en_ZA")
            }
            all.insert(language)
            guard let (code, _) = languages.find(language) else { continue }
            isTaken = true
            found.insert(code)
            entries += 1
            add(entry, code)
        }
        if isTaken {
            catalogues += 1
            fuzzy += catalogue.fuzzy
        }
        return isTaken
    }
}

extension MessageCatalogue {
    /// The language of the header, if it is a code.
    fileprivate var knownLanguage: String? { language.flatMap { LanguageNames.isCode($0) ? $0 : nil } }
}
