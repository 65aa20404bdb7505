import ArgumentParser
import Artifacts
import Foundation
import Reports

struct CatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Write a file of an artifact to standard output.",
        discussion: """
            Every byte is verified. An artifact with several members, such as a folder, needs the name of one.

            EXAMPLES
              calm cat scores.table
              calm cat site.pages index.html
            """)

    @Argument(help: ArgumentHelp(ArtifactReference.help), completion: .custom(Completion.references))
    var reference: String

    @Argument(help: "The member's name, as `calm show` lists it.")
    var member: String?

    @OptionGroup var store: StoreOptions

    func run() throws {
        let store = try store.open()
        let artifact = try ArtifactReference(reference, in: store)
        try output(try found(in: artifact), of: store)
    }

    private func found(in artifact: ArtifactReference) throws -> Manifest.Member {
        let names = artifact.manifest.members.keys.sorted()
        let type = artifact.manifest.type.rawValue
        guard let member else {
            if let file = artifact.onlyFile { return file.member }
            guard !names.isEmpty else { throw CommandFailure.notFound("the \(type) '\(reference)' is empty") }
            throw CommandFailure.notFound(
                "the \(type) '\(reference)' has \(counted(names.count, "member")); name one:\n"
                    + Self.list(names))
        }
        let path = member.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        if let found = artifact.manifest.member(at: path), found.member.kind != .folder { return found.member }
        let inside = names.filter { $0.hasPrefix(path + "/") }
        if !inside.isEmpty {
            throw CommandFailure.notFound("'\(member)' is a folder; name a file in it:\n" + Self.list(inside))
        }
        switch artifact.manifest.members[path]?.kind {
        case .folder: throw CommandFailure.notFound("'\(member)' is an empty folder")
        case .link(let target):
            throw CommandFailure.notFound("'\(member)' is a link to '\(target)', which isn't a file of the \(type)")
        default: break
        }
        throw CommandFailure.notFound(
            "the \(type) '\(reference)' has no member '\(member)'; it has:\n" + Self.list(names))
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(20).map { "  \($0)" }
        return (shown + (names.count > 20 ? ["  … and \(names.count - 20) more"] : [])).joined(separator: "\n")
    }
}
