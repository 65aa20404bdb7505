import Catalogue

/// What had to be done to a report to read it, counted.
final class Repairs {
    /// `<` and `&` that are text.
    var escaped = 0
    var forbidden = 0
    private var unquoted = 0
    private var quotes = 0
    private var repeated = 0
    private var tornValues = 0
    /// Attributes of a tag that has too many.
    private var excess = 0
    var unclosedTags = 0
    /// End tags that end nothing.
    var superfluous = 0
    /// End tags that aren't there.
    var missing = 0
    /// Of those, cases'.
    var unclosedCases = 0
    /// Sections and comments with no end of their own, or with marks of others in them.
    var sections = 0
    var comments = 0
    /// Comments with `--` in them, and those of them that hold cases or results.
    var dashes = 0
    var dubiousComments = 0
    /// Roots, and roots that aren't closed before the next.
    var documents = 0
    var cutDocuments = 0
    /// Start tags that may have said more than was understood.
    var dubiousTags = 0
    /// Texts between elements and tags that look like what is left of a tag.
    var leftovers = 0
    /// Whether bytes that can't be text stand outside of texts.
    var hasOddBytes = false
    /// Places with text or markup where none can be.
    var junk = 0
    var strays = 0
    var tooDeep = 0
    var cutValues = 0
    /// Cases and suites whose attributes contradict themselves.
    var contradictions = 0
    /// Texts, sections and comments that hold what may be cases or results.
    var ambiguous = 0
    /// Formats of other test tools that begin behind the report.
    var foreign: Set<String> = []
    /// What to say of a document type that declares more than entities.
    var declared: String?
    /// Elements in cases, or in place of cases, that aren't known and have no end tag.
    var unknown: [String] = []

    func add(_ mistakes: MendedTag.Mistakes) {
        unquoted += mistakes.unquoted
        quotes += mistakes.quotes
        repeated += mistakes.repeated
        excess += mistakes.excess
        unclosedTags += mistakes.unclosed
        tornValues += mistakes.torn
    }

    /// In words, for a warning; empty if nothing was done.
    var description: String {
        let parts: [(Int, String)] = [
            (documents > 1 ? documents : 0, "\(counted(documents, "document")) in one file, all of them read"),
            (junk, "text outside of the document left out in \(counted(junk, "place"))"),
            (strays, "text between elements left out in \(counted(strays, "place"))"),
            (escaped, "\(escaped) '<' or '&' taken as text"),
            (unquoted, "\(counted(unquoted, "value")) without quotes"),
            (quotes, "quotes mended in \(counted(quotes, "place"))"),
            (repeated, "\(counted(repeated, "repeated attribute")) left out"),
            (unclosedTags, "\(counted(unclosedTags, "tag")) without an end"),
            (superfluous, "\(counted(superfluous, "superfluous end tag")) left out"),
            (missing, "\(counted(missing, "missing end tag")) added"),
            (sections, "the end of \(counted(sections, "CDATA section")) guessed"),
            (comments, "\(counted(comments, "comment")) without an end"),
            (dashes, "\(counted(dashes, "comment")) with '--' in \(dashes == 1 ? "it" : "them")"),
            (tooDeep, "\(counted(tooDeep, "element")) nested too deep read as if it were further out"),
            (cutValues, "\(counted(cutValues, "value")) cut that \(cutValues == 1 ? "was" : "were") too long"),
        ]
        return parts.filter { $0.0 > 0 }.map(\.1).joined(separator: ", ")
    }

    /// Why results may be missing, a sentence each.
    var doubts: [String] {
        var doubts: [String] = []
        if cutDocuments > 0 {
            doubts.append("\(counted(cutDocuments, "document")) in the file ended before its root element was closed")
        }
        if unclosedCases > 0 {
            doubts.append("\(counted(unclosedCases, "test case")) without an end tag: results may be missing")
        }
        if contradictions > 0 {
            doubts.append("\(counted(contradictions, "element")) with an attribute that has two values")
        }
        if comments > 0 { doubts.append("\(counted(comments, "comment")) without an end: what it hides was guessed") }
        if excess > 0 {
            doubts.append(
                "\(counted(excess, "attribute")) left out of tags with more than \(MendedTag.mostAttributes) attributes"
            )
        }
        if tornValues > 0 {
            doubts.append(
                "\(counted(tornValues, "value")) of \(tornValues == 1 ? "an attribute holds" : "attributes hold") tags of cases or results, which may be part of the report"
            )
        }
        if dubiousTags > 0 {
            doubts.append("\(counted(dubiousTags, "damaged start tag")): what became of tests may be missing")
        }
        if dubiousComments > 0 {
            doubts.append(
                "\(counted(dubiousComments, "comment")) with '--' in it and test cases or results, which may not have been part of it"
            )
        }
        if hasOddBytes { doubts.append(TestSummary.oddBytes) }
        if leftovers > 0 { doubts.append(TestSummary.leftovers) }
        if !foreign.isEmpty {
            doubts.append(
                "a document of another format in the file isn't read: \(foreign.sorted().joined(separator: ", "))")
        }
        if let declared { doubts.append(declared) }
        if !unknown.isEmpty {
            let names = Set(unknown).sorted().prefix(3).map { "<\($0)>" }.joined(separator: ", ")
            doubts.append("\(counted(unknown.count, "element")) without an end tag not understood: \(names)")
        }
        return doubts
    }
}
