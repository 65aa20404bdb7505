import Artifacts
import Foundation
import Glibc
import Testing

@Suite("What dead processes leave in a store") struct LeftoverTests {
    private let temporary: TemporaryStore
    private let store: Store

    init() throws {
        temporary = try TemporaryStore()
        store = temporary.store
    }

    @Test("a process that is dead but not yet waited for is gone: without an init process nobody ever waits for it")
    func zombie() throws {
        var process = pid_t()
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
        defer { free(arguments[0]) }
        try #require(posix_spawn(&process, "/bin/true", nil, nil, &arguments, nil) == 0)
        var fields: [Substring] = []
        for _ in 0..<3_000 where fields.first != "Z" {
            usleep(1_000)
            let stat = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        }
        try #require(fields.first == "Z")
        let name = "\(process)-\(fields[19])-1"
        try Data().write(to: store.tmp.appendingPathComponent(name))
        #expect(try store.leftovers() == [name])
        waitpid(process, nil, 0)
        try store.sweepLeftovers()
        #expect(temporary.temporaryFiles.isEmpty)
    }

    @Test("what a living process writes stays")
    func living() throws {
        try Data().write(to: store.temporaryURL())
        try store.sweepLeftovers()
        #expect(temporary.temporaryFiles.count == 1)
    }
}
