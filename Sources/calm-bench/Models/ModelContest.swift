import Checkpoints
import Foundation
import LanguageModels
import Tensors

/// One model, done by everyone in turns.
struct ModelContest {
    let path: String
    let python: String
    let llamaPython: String
    let threads: Int
    let isExact: Bool
    let limits: MachineLimits
    /// What tokenizers read.
    let text: String

    private struct Series {
        var names: [String] = []
        var values: [String: [Double]] = [:]
        var processor: [String: [Double]] = [:]

        mutating func add(_ name: String, _ value: Double, _ processor: Double? = nil) {
            if values[name] == nil { names.append(name) }
            values[name, default: []].append(value)
            if let processor { self.processor[name, default: []].append(processor) }
        }

        var times: [(name: String, values: [Double], processor: [Double])] {
            names.map { ($0, values[$0] ?? [], processor[$0] ?? []) }
        }
    }

    func result(repeats: Int) throws -> ModelResult {
        let work = try ModelWork(path: path, threads: threads, isExact: isExact)
        var notes: [String] = []
        var peers: [(name: String, process: PeerProcess)] = []
        for (name, python) in [("llama.cpp", llamaPython), ("transformers", python)] {
            // llama.cpp reads no folders.
            guard name != "llama.cpp" || path.hasSuffix(".gguf") else { continue }
            do {
                peers.append((name, try open(name, python)))
            } catch let error as PeerError {
                notes.append(error.description)
            }
        }
        let prompt = ModelWork.tokens(
            ModelWork.prompt, vocabulary: work.model.configuration.outputVocabulary
        ).map(Int.init)
        var series: [ModelRow.Measure: Series] = [:]
        func add(_ name: String, _ times: ModelTimes) {
            series[.prefill, default: Series()].add(name, times.prefill, times.prefillCPU)
            series[.decode, default: Series()].add(name, times.decode, times.decodeCPU)
        }
        // The first run takes the memory that later ones reuse.
        _ = work.run(sequences: 1, prompt: 32, new: 4)
        for _ in 0..<repeats {
            let times = work.run(sequences: 1)
            add("calm", times)
            let many = work.run(sequences: 16, prompt: 64)
            series[.batch, default: Series()].add("calm", many.decode, many.decodeCPU)
            let short = work.run(sequences: 1, prompt: 64)
            series[.batch, default: Series()].add(ModelWork.single, short.decode, short.decodeCPU)
            for (name, process) in peers {
                do {
                    add(name, try Self.times(process.ask(["do": "run", "prompt": prompt, "new": ModelWork.new])))
                } catch let error as PeerError {
                    notes.append("\(name): \(error.description)")
                }
            }
            do {
                try tokenize(peers.first { $0.name == "transformers" }?.process) {
                    series[.tokenize, default: Series()].add($0, $1)
                }
            } catch {
                notes.append("tokenize: \(error)")
            }
            series[.firstToken, default: Series()].add("calm", try probe("first").seconds)
            if peers.contains(where: { $0.name == "llama.cpp" }) {
                do {
                    series[.firstToken, default: Series()].add("llama.cpp", try firstOfLlama())
                } catch let error as PeerError {
                    notes.append("llama.cpp: \(error.description)")
                }
            }
        }
        let memory = try probe("memory")
        series[.memory, default: Series()].add("calm", memory.bytes)
        notes.append("memory: of these, \(decimals(memory.code / 0x1p20, 1)) MiB are the program and its libraries")
        let wanted = try isQuantised ? ModelRow.quantised : ModelRow.plain
        let rows = try wanted.map { row in
            ModelRowResult(row, series[row.measure]?.times ?? [], limit: try limit(row.measure, work))
        }
        let name = URL(fileURLWithPath: path).lastPathComponent
        let lines = ["\n\(name)"] + zip(rows, wanted).map { $0.text($1.measure) } + notes.map { "  \($0)" }
        return ModelResult(
            model: name, peers: peers.map(\.process.version), rows: rows, notes: notes,
            text: lines.joined(separator: "\n"))
    }

    private var isQuantised: Bool {
        get throws {
            guard case .gguf(let file) = try PretrainedModel.Checkpoint(path) else { return false }
            return file.tensors.contains { $0.type.map { $0.blockElements > 1 } ?? false }
        }
    }

    /// Bytes of the file, or of the folder's weights.
    private var fileBytes: Double {
        get throws {
            var isFolder: ObjCBool = false
            let files = FileManager.default
            guard files.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
                return Double(try files.attributesOfItem(atPath: path)[.size] as? Int ?? 0)
            }
            return try files.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".safetensors") }.reduce(0) {
                $0 + Double(try files.attributesOfItem(atPath: "\(path)/\($1)")[.size] as? Int ?? 0)
            }
        }
    }

    /// What the machine allows: weights and caches are read once a token, and products can't be faster than large ones.
    private func limit(_ measure: ModelRow.Measure, _ work: ModelWork) throws -> Double? {
        switch measure {
        case .prefill: work.operations / limits.operations
        case .decode: (try fileBytes + work.cacheBytes) / limits.bandwidth
        case .batch: (try fileBytes / 16 + work.cacheBytes / 8) / limits.bandwidth
        case .tokenize, .firstToken: nil
        case .memory: try fileBytes + work.cacheBytes
        }
    }

    private func open(_ name: String, _ python: String) throws -> PeerProcess {
        let process = try PeerProcess(
            python: python, threads: threads, script: PackageResources.PeerRequests_py + PackageResources.ModelPeer_py,
            hello: ["do": "hello", "which": name]
        ) { "\(name) isn't measured: no package for it at \($0)" }
        _ = try process.ask(request("open", name))
        return process
    }

    private func request(_ what: String, _ name: String) -> [String: Any] {
        [
            "do": what, "which": name, "model": path, "threads": threads,
            "context": ModelWork.prompt + 2 * ModelWork.new,
        ]
    }

    private static func times(_ answer: [String: Any]) throws -> ModelTimes {
        ModelTimes(
            prefill: try answer.number("prefill"), decode: try answer.number("decode"),
            prefillCPU: try answer.number("prefillCPU"), decodeCPU: try answer.number("decodeCPU"))
    }

    /// Seconds a byte of calm's tokenizer and of the `tokenizers` package, which must find about as many tokens: transformers reads
    /// the pattern of some GGUF files as GPT-2's, which divides digits otherwise.
    private func tokenize(_ peer: PeerProcess?, _ add: (_ name: String, _ seconds: Double) -> Void) throws {
        let tokenizer = try TextModel(path: path, products: FrozenProducts()).text.tokenizer
        var count = 0
        let elapsed = try ContinuousClock().measure { count = try tokenizer.encode(text).count }
        add("calm", elapsed / .seconds(1) / Double(text.utf8.count))
        guard let peer else { return }
        var request = request("tokenize", "transformers")
        request["text"] = text
        let answer = try peer.ask(request)
        guard let seconds = (answer["seconds"] as? NSNumber)?.doubleValue else { throw PeerError("no seconds") }
        guard let theirs = (answer["count"] as? NSNumber)?.intValue, abs(theirs - count) <= count / 200 else {
            throw PeerError("calm found \(count) tokens, tokenizers \(answer["count"] ?? "none")")
        }
        add("tokenizers", seconds / Double(text.utf8.count))
    }

    /// Seconds from llama.cpp's start, without Python's, to its first token, in a process of its own.
    private func firstOfLlama() throws -> Double {
        let process = try PeerProcess(
            python: llamaPython, threads: threads,
            script: PackageResources.PeerRequests_py + PackageResources.ModelPeer_py,
            hello: ["do": "hello", "which": "llama.cpp"]
        ) { "no xllamacpp at \($0)" }
        var request = request("first", "llama.cpp")
        request["prompt"] = [504, 2365, 6354, 16438]
        return try process.number("seconds", of: request)
    }

    /// This program again: how long it takes in all, the most bytes that were resident, and those of code.
    private func probe(_ what: String) throws -> (seconds: Double, bytes: Double, code: Double) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments =
            ["models", path, "--probe", what, "--threads", String(threads)] + (isExact ? ["--exact"] : [])
        let output = Pipe()
        process.standardOutput = output
        let start = ContinuousClock.now
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        guard process.terminationStatus == 0, numbers.count == 2
        else { throw PeerError("calm's own process for \(what) of \(path) answered '\(text)'") }
        return (seconds, numbers[0], numbers[1])
    }
}
