import Artifacts
import Synchronization

/// Makes the digests by which the values of environment variables are keyed. The store's secret is read, and if need be made,
/// only once a value is to be keyed.
package final class VariableSeal: Sendable {
    private let load: @Sendable () throws -> StoreSecret
    private let loaded = Mutex<StoreSecret?>(nil)

    /// - Parameter load: Reads the secret.
    init(_ load: @escaping @Sendable () throws -> StoreSecret) {
        self.load = load
    }

    /// The seal of a store. In one that is read-only and has no secret yet nothing was keyed by it, so any secret will do.
    convenience init(of store: Store) {
        self.init {
            do {
                return try store.secret()
            } catch let error as StoreError where error.code == .readOnly {
                return StoreSecret()
            }
        }
    }

    /// - Throws: `StoreError` if the secret can't be read or made.
    func digests(of values: [String: String?]) throws -> [String: Digest?] {
        guard values.contains(where: { $0.value != nil }) else { return values.mapValues { _ in nil } }
        let secret = try loaded.withLock { secret in
            let found = try secret ?? load()
            secret = found
            return found
        }
        return Dictionary(
            uniqueKeysWithValues: values.map { name, value in
                (name, value.map { secret.digest(ofVariable: name, value: $0) })
            })
    }
}
