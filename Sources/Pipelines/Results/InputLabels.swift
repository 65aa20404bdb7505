import Artifacts
import Catalogue

/// What people call the inputs of a run's stages: key documents know digests alone.
struct InputLabels {
    /// The stages that gave an artifact, in the run and in the one that it is compared with.
    private let producers: [Digest: [String]]
    private let earlier: [Digest: [String]]

    init(now: [OutputRow], before: [OutputRow]) {
        producers = Dictionary(grouping: now, by: \.artifact).mapValues { $0.map(\.stage) }
        earlier = Dictionary(grouping: before, by: \.artifact).mapValues { $0.map(\.stage) }
    }

    /// The inputs that a stage's key document names, by role, each with the stage that gave it, or the file's name.
    ///
    /// Of several stages that gave the same bytes it is the one that, in the run before, gave what stood in the same place;
    /// one that stands before the reader in the pipeline, if any does.
    func inputs(
        of stage: RunStageRow, _ document: JSONValue, since before: JSONValue?, _ stages: [String: RunStageRow],
        _ catalogue: Catalogue
    ) throws -> [String: [BoundInput]] {
        let old = Self.digests(before)
        return try Self.digests(document).reduce(into: [:]) { found, role in
            found[role.key] = try role.value.enumerated().map { place, digest in
                let others = (producers[digest] ?? []).filter { $0 != stage.name }
                let above = others.filter { stages[$0].map { $0.position < stage.position } ?? false }
                let givers = above.isEmpty ? others : above
                let was = old[role.key].flatMap { $0.indices.contains(place) ? earlier[$0[place]] : nil } ?? []
                if let giver = givers.first(where: was.contains) ?? givers.first {
                    return BoundInput(digest: digest, label: giver)
                }
                if let changes = Self.changes(from: old[role.key], place, to: digest, catalogue) {
                    return BoundInput(digest: digest, origin: .folder, label: changes)
                }
                let names = try catalogue.memberNames(of: digest)
                return BoundInput(digest: digest, origin: .file, label: names.first ?? digest.short)
            }
        }
    }

    /// What differs in a folder from the one that stood in the same place.
    private static func changes(from old: [Digest]?, _ place: Int, to new: Digest, _ catalogue: Catalogue) -> String? {
        guard let old, old.indices.contains(place), old[place] != new else { return nil }
        return FolderChanges.text(from: catalogue.manifest(old[place]), to: catalogue.manifest(new))
    }

    private static func digests(_ document: JSONValue?) -> [String: [Digest]] {
        (document?.members?["in"]?.members ?? [:]).mapValues { value in
            guard case .array(let digests) = value else { return [] }
            return digests.compactMap(\.text).compactMap(Digest.init(hex:))
        }
    }
}
