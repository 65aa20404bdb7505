import Artifacts
import Foundation

/// Content of up to this size is verified before the first byte is written.
private let memoryLimit = 64 << 20

/// Writes a file of an artifact to standard output; every byte is verified.
func output(_ member: Manifest.Member, of store: Store) throws {
    if member.size <= memoryLimit {
        try output(raw: try store.data(member.digest, expecting: member.size))
        return
    }
    try store.read(member.digest, expecting: member.size) { bytes in
        try output(raw: Data(bytes))
    }
}
