import Foundation
import LanguageModels

var memoryRows: [Row] {
    [memoryRow("memory-d256", .d256), memoryRow("memory-d512", .d512)]
}

private let memoryCases = ["memory-d256": TrainingCase.d256, "memory-d512": TrainingCase.d512]

/// Peak resident memory of a process of its own that trains, less what it had before.
private func memoryRow(_ name: String, _ workload: TrainingCase) -> Row {
    Row(name, "peak memory of training, d\(workload.width), beyond the process's own", unit: .bytes, goal: 1) { bench in
        let ours = Contender("calm", .ours) { _ in
            let (before, peak) = try MemoryProbe.ask(name, threads: bench.threads)
            return Double(peak - before)
        }
        guard bench.peer != nil else { return [ours] }
        let peer = Contender("PyTorch eager", .peer) { _ in
            let process = try PeerProcess(python: bench.python, threads: bench.threads)
            let before = try process.number("before", of: workload.request(bench, id: "memory", isCompiled: false))
            return try process.number("peak", of: ["do": "peak"]) - before
        }
        return [ours, peer]
    }
}

/// This program again, in a process that only trains.
enum MemoryProbe {
    static func run(_ name: String, threads: Int) throws {
        guard let workload = memoryCases[name] else { throw PeerError("no memory row is named \(name)") }
        let before = peak()
        let trainer = try workload.trainer(threads: threads)
        for _ in 0..<4 { _ = try trainer.step() }
        print("\(before) \(peak())")
    }

    static func ask(_ name: String, threads: Int) throws -> (before: Int, peak: Int) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["--memory-probe", name, "--threads", String(threads)]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        guard numbers.count == 2 else { throw PeerError("the memory probe answered '\(text)'") }
        return (numbers[0], numbers[1])
    }

    /// The most that was ever resident. (getrusage's figure would include the parent's at the fork.)
    private static func peak() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }
}
