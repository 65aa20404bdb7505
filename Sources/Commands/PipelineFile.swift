import ArgumentParser
import Foundation
import Pipelines

/// The file that a person means by a pipeline: a path, or the name of one in the project's folder `pipelines`.
enum PipelineFile {
    private static let suffixes = ["", ".yaml", ".yml"]

    /// A file that is there as it is written, else one of the project's pipelines.
    ///
    /// - Returns: A path for the working folder; nil if there is none of this name.
    static func find(_ name: String) -> String? {
        if ProjectFolder.exists(name), !ProjectFolder.isFolder(name) { return name }
        guard !name.isEmpty, !name.hasPrefix("/"), !name.split(separator: "/").contains(".."),
            let project = ProjectFolder.withPipelines(from: ProjectFolder.current)
        else { return nil }
        for folder in ["\(ProjectFolder.pipelines)/", ""] {
            // A word alone names a pipeline, and no file of another kind.
            for suffix in suffixes where folder.isEmpty ? isYAML(name + suffix) : true {
                let file = folder + name + suffix
                if isRegular("\(project)/\(file)") { return ProjectFolder.written(file, in: project) }
            }
        }
        return nil
    }

    /// The pipeline of a project that has only one.
    ///
    /// - Throws: `ValidationError` if there is none, or several.
    static func only() throws -> String {
        guard let project = ProjectFolder.withPipelines(from: ProjectFolder.current) else {
            throw ValidationError(
                "Missing expected argument '<pipeline>': name the pipeline's file (there is no folder 'pipelines' here or above)"
            )
        }
        let files = list(in: project)
        guard files.count == 1 else {
            let folder = "\(project)/\(ProjectFolder.pipelines)"
            throw ValidationError(
                "Missing expected argument '<pipeline>': "
                    + (files.isEmpty
                        ? "\(folder) has no .yaml file" : "name one of \(folder): \(names(of: files))"))
        }
        return ProjectFolder.written("\(ProjectFolder.pipelines)/\(files[0])", in: project)
    }

    /// The error for a name that is no file and no pipeline of the project.
    static func missing(_ name: String) -> PipelineDiagnostics? {
        guard !ProjectFolder.exists(name), let project = ProjectFolder.withPipelines(from: ProjectFolder.current) else {
            return nil
        }
        let files = list(in: project)
        guard !files.isEmpty else { return nil }
        let near = nearestName(to: plain(name), among: files.map(plain)).map { "; did you mean '\($0)'?" } ?? ""
        return PipelineDiagnostics(
            [
                Diagnostic(
                    SourceLocation(file: name, line: 0, column: 0),
                    "no such file, and no pipeline of this name in \(project)/\(ProjectFolder.pipelines), which has: \(names(of: files))\(near)"
                )
            ])
    }

    /// The names of the project's pipelines, without their suffix.
    static func names() -> [String] {
        ProjectFolder.withPipelines(from: ProjectFolder.current).map { list(in: $0).map(plain) } ?? []
    }

    private static func list(in project: String) -> [String] {
        let folder = "\(project)/\(ProjectFolder.pipelines)"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { isYAML($0) && !$0.hasPrefix(".") && isRegular("\(folder)/\($0)") }.sorted()
    }

    private static func names(of files: [String]) -> String {
        files.prefix(20).map(plain).joined(separator: ", ") + (files.count > 20 ? ", …" : "")
    }

    private static func plain(_ file: String) -> String {
        suffixes.dropFirst().first { file.hasSuffix($0) }.map { String(file.dropLast($0.count)) } ?? file
    }

    private static func isYAML(_ name: String) -> Bool { suffixes.dropFirst().contains { name.hasSuffix($0) } }

    private static func isRegular(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// A pipeline's file as runs record it: relative to the project if it lies in it, so that it is the same wherever in the
    /// project one stands.
    static func recorded(_ file: String) -> String {
        guard !file.hasPrefix("/"), let project = ProjectFolder.containing(ProjectFolder.current),
            project != ProjectFolder.current
        else { return file }
        let path = URL(fileURLWithPath: file).standardizedFileURL.path
        return path.hasPrefix(project + "/") ? String(path.dropFirst(project.count + 1)) : file
    }
}
