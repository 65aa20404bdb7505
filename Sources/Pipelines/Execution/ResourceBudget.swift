import Artifacts
import Foundation

/// The cores and the memory that the stages of a run may take, and how much of them those that run hold.
///
/// Runs on one store share what the machine has: each core and each piece of memory is a file below `locks/` that its
/// user holds locked, so that a dead run holds none.
struct ResourceBudget {
    /// What one running stage holds.
    struct Share: Sendable {
        let threads: Int
        fileprivate let memory: Int
        fileprivate let locks: [FileLock]
    }

    private let slots: ResourceSlots?
    let cores: Int
    /// The most stages at once.
    let jobs: Int
    private let memory: Int
    private var usedCores = 0
    private var usedMemory = 0
    private(set) var running = 0
    /// Whether something had to wait for what another run holds.
    private(set) var waitsForOthers = false

    /// - Precondition: cores and jobs are positive.
    init(cores: Int, jobs: Int, memory: Int, slots: ResourceSlots? = nil) {
        precondition(cores > 0 && jobs > 0, "a run needs a core and a job, not \(cores) and \(jobs)")
        self.cores = cores
        self.jobs = jobs
        self.memory = memory
        self.slots = slots
    }

    /// What a stage that starts now may use, or nil if it has to wait. One that wants more than there is gets all.
    mutating func take(_ demand: CoreDemand, _ limits: StageLimits = StageLimits()) -> Share? {
        let threads = threads(demand, limits)
        let bytes = min(limits.memory ?? 0, memory)
        guard running < jobs, usedCores + threads <= cores, usedMemory + bytes <= memory else { return nil }
        var locks: [FileLock] = []
        if let slots {
            guard let taken = slots.take(cores: threads, memory: bytes) else {
                waitsForOthers = true
                return nil
            }
            locks = taken
        }
        usedCores += threads
        usedMemory += bytes
        running += 1
        return Share(threads: threads, memory: bytes, locks: locks)
    }

    /// How many threads a stage works on once it runs.
    func threads(_ demand: CoreDemand, _ limits: StageLimits) -> Int {
        let wanted =
            switch demand {
            case .one: 1
            case .upTo(let most): most
            }
        return max(1, min(limits.cores ?? wanted, cores))
    }

    /// To be called before another round of ``take(_:_:)``.
    mutating func beginRound() { waitsForOthers = false }

    mutating func giveBack(_ share: consuming Share) {
        usedCores -= share.threads
        usedMemory -= share.memory
        running -= 1
    }
}

/// The machine's cores and memory as files to lock, one set a store and machine.
struct ResourceSlots: Sendable {
    private static let piece = 256 << 20

    private let folder: URL
    private let cores: Int
    private let pieces: Int
    private let host: String

    init(store: Store, cores: Int, memory: Int) {
        folder = store.locks
        self.cores = cores
        pieces = max(1, memory / Self.piece)
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Locks on that much, or nil if other runs hold too much of it. A file system without locks sets no bounds.
    func take(cores wanted: Int, memory bytes: Int) -> [FileLock]? {
        let wantedPieces = min(pieces, (bytes + Self.piece - 1) / Self.piece)
        guard let cores = take("core", min(wanted, cores), of: cores),
            let memory = take("memory", wantedPieces, of: pieces)
        else { return nil }
        return cores + memory
    }

    private func take(_ name: String, _ wanted: Int, of all: Int) -> [FileLock]? {
        var locks: [FileLock] = []
        for index in 0..<all where locks.count < wanted {
            do {
                let file = folder.appendingPathComponent("\(host)-\(name)-\(index)")
                locks.append(try FileLock.exclusive(file, wait: false))
            } catch let error as StoreError where error.code == .locked {
                continue
            } catch {
                return locks
            }
        }
        return locks.count == wanted ? locks : nil
    }
}
