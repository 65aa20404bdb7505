import Foundation

/// `libCFaults.so` in the processes of one `calm run`: it kills or refuses at a chosen call of the write path.
///
/// What it does stands in `CFaults.h`.
struct FaultLibrary {
    enum Action: String, CaseIterable {
        case count
        case kill
        case killCoordinator = "kill-coordinator"
        case killAll = "kill-all"
        case torn
        case power
        case full = "ENOSPC"
        case fullFromThenOn = "ENOSPC+"
        case failing = "EIO"
        case failingFromThenOn = "EIO+"
        case readOnly = "EROFS"
        case readOnlyFromThenOn = "EROFS+"
        case short
        case unreadable = "read-EIO"
        case unreadableFromThenOn = "read-EIO+"

        static let kills: [Action] = [.kill, .killCoordinator, .killAll, .torn, .power]
        static let refusals: [Action] = [
            .full, .fullFromThenOn, .failing, .failingFromThenOn, .readOnly, .readOnlyFromThenOn, .short, .unreadable,
        ]

        /// The place of the action's calls in `faults.calls`.
        fileprivate var callClass: Int {
            switch self {
            case .count, .kill, .killCoordinator, .killAll, .torn, .power: 0
            case .full, .fullFromThenOn: 1
            case .failing, .failingFromThenOn: 2
            case .readOnly, .readOnlyFromThenOn: 3
            case .short: 4
            case .unreadable, .unreadableFromThenOn: 5
            }
        }
    }

    /// What a run left in the shared file.
    struct Account {
        fileprivate let calls: [Int]
        /// How many calls met the fault.
        let fired: Int
        /// The first of them, such as `rename /…/objects/ab/cdef`.
        let place: String

        /// How many calls an action could have met.
        func calls(for action: Action) -> Int { calls[action.callClass] }
    }

    let environment: [String: String]
    private let file: URL

    /// - Parameters:
    ///   - call: Where it happens, counted from 1 over all processes.
    ///   - path: If given, only calls on paths that hold it are counted.
    ///   - folder: The folder whose files are refused.
    init(_ action: Action, at call: Int, on path: String? = nil, below folder: URL, file: URL) throws {
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        // More than `struct faults` has.
        try handle.truncate(atOffset: 4 << 20)
        try handle.close()
        let library = try CalmProcess.binary().deletingLastPathComponent().appendingPathComponent("libCFaults.so")
        guard FileManager.default.fileExists(atPath: library.path) else {
            throw CalmProcess.Problem(description: "no \(library.path); `swift build --build-tests` makes it")
        }
        environment = [
            "LD_PRELOAD": library.path, "FAULTS_FILE": file.path, "FAULTS_BELOW": folder.path,
            "FAULTS_DO": action.rawValue, "FAULTS_AT": String(call), "FAULTS_ON": path,
        ].compactMapValues(\.self)
        self.file = file
    }

    /// As `struct faults` is laid out: six counters and `fired`, of 64 bits, the processes, `place`.
    func account() throws -> Account {
        let bytes = try Data(contentsOf: file, options: .alwaysMapped)
        let numbers = bytes.withUnsafeBytes { bytes in
            (0..<7).map { Int(bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self)) }
        }
        let start = 7 * 8 + 4 + 512 * 4
        return Account(
            calls: Array(numbers[..<6]), fired: numbers[6],
            place: String(decoding: bytes[start..<(start + 400)].prefix { $0 != 0 }, as: UTF8.self))
    }
}
