import Catalogue
import Foundation

/// For whom a JUnit report is written. Cases and their names are the same in each flavour.
package enum JUnitFlavour: String, Sendable, CaseIterable {
    /// Valid against Jenkins' junit-10.xsd; logs as attachments by their absolute path.
    case jenkins
    /// `file` on each case; logs as attachments by their path in the project; properties.
    case gitlab
    /// `file` and `line` on each case, for annotations; properties.
    case github
    /// As pytest writes: properties on each case.
    case pytest

    var hasProperties: Bool { self != .jenkins }
    var hasFile: Bool { self == .gitlab || self == .github }
    var hasLine: Bool { self == .github }
    var hasAttachments: Bool { self == .gitlab || self == .jenkins }

    /// The variable with the folder from which the reader of this flavour counts paths.
    package var folderVariable: String? {
        switch self {
        case .github: "GITHUB_WORKSPACE"
        case .gitlab: "CI_PROJECT_DIR"
        case .jenkins, .pytest: nil
        }
    }
}

/// What a JUnit report says beside what became of the run.
package struct JUnitOptions: Sendable {
    package var flavour = JUnitFlavour.jenkins
    /// The words of the command that does again what the run did, a stage's name left out; none if nobody knows.
    package var command: [String] = []
    /// Earlier values of metrics whose gates were missed, newest first.
    package var history: [MetricRow] = []
    /// The folder from which files are named; those outside of it are named as they are.
    package var folder: String?

    package init() {}
}

extension JUnitOptions {
    /// The path of a file as a reader of the report finds it.
    func path(_ path: String) -> String {
        guard let folder else { return path }
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
        let prefix = URL(fileURLWithPath: folder, isDirectory: true).standardizedFileURL.path + "/"
        return absolute.hasPrefix(prefix) ? String(absolute.dropFirst(prefix.count)) : path
    }

    /// `again: calm run p.yaml 'scores[model=a]'`, or nothing.
    func again(_ stage: String) -> String? {
        command.isEmpty ? nil : "again: " + (command + [stage]).map(\.shellWord).joined(separator: " ")
    }
}
