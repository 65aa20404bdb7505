import ArgumentParser
import Foundation
import JSONReading
import LanguageModels
import Pipelines
import Reports

/// `--jsonl FILE`: one JSON object a line in, one a line out, in order.
struct JSONLinesOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read JSON objects, one a line, from a file (-: standard input), and write one a line for each.",
            valueName: "file"))
    var jsonl: String?
}

/// Answers each line's object with its fields that the command doesn't know, then the answer's.
///
/// A line that can't be answered becomes an object with `error`, and the command ends with exit code 4 once all are answered.
///
/// - Parameters:
///   - known: Names of the fields that the command reads.
///   - answers: Those that it writes: an object that can't be answered loses what it has of them.
func answerLines(
    of file: String, known: Set<String>, answers: Set<String>, _ answer: (JSONLine) throws -> [(String, JSONNode)]
) throws {
    try answerLines(of: file, known: { _ in known }, answers: answers, answer)
}

/// The same where it depends on the object which fields are read.
func answerLines(
    of file: String, known: @escaping (JSONMembers) -> Set<String>, answers: Set<String>,
    _ answer: (JSONLine) throws -> [(String, JSONNode)]
) throws {
    try answerLines(of: file, known: known, answers: answers, batch: 1) { lines, _ in
        lines.map { line in Result { try answer(line) } }
    }
}

/// The same for several lines at once; `answer` is told how many objects came before.
func answerLines(
    of file: String, known: @escaping (JSONMembers) -> Set<String>, answers names: Set<String>, batch: Int,
    _ answer: (_ lines: [JSONLine], _ first: Int) throws -> [Result<[(String, JSONNode)], any Error>]
) throws {
    var answers = LineAnswers(known: known, answers: names)
    var waiting: [Result<JSONLine, any Error>] = []
    var (number, answered) = (0, 0)
    func flush() throws {
        let lines = waiting.compactMap { try? $0.get() }
        var results: [Result<[(String, JSONNode)], any Error>] = []
        if !lines.isEmpty {
            do {
                results = try answer(lines, answered)
            } catch {
                results = lines.map { _ in .failure(error) }
            }
        }
        answered += lines.count
        var next = results.makeIterator()
        for line in waiting {
            switch line {
            case .success(let line): try answers.write(line.object, next.next() ?? .success([]))
            case .failure(let error): try answers.write(JSONMembers(), .failure(error))
            }
        }
        waiting = []
    }
    try forEachLine(of: file) { bytes in
        number += 1
        guard bytes.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { return }
        waiting.append(Result { try JSONLine(bytes, number: number) })
        if waiting.count == batch { try flush() }
    }
    try flush()
    if answers.failed > 0 {
        throw CommandFailure(
            "error: \(counted(answers.failed, "line")) of \(file == "-" ? "standard input" : file) could not be answered",
            exitCode: Pipelines.ExitCode.stageFailed)
    }
}

/// Writes answers, and counts those that are errors.
private struct LineAnswers {
    let known: (JSONMembers) -> Set<String>
    let answers: Set<String>
    private(set) var failed = 0

    init(known: @escaping (JSONMembers) -> Set<String>, answers: Set<String>) {
        self.known = known
        self.answers = answers
    }

    mutating func write(_ object: JSONMembers, _ answer: Result<[(String, JSONNode)], any Error>) throws {
        let members: [(String, JSONNode)]
        switch answer {
        case .success(let own): members = own
        case .failure(let error):
            failed += 1
            let message = (error as? CommandFailure)?.message ?? "\(error)"
            members = [("error", .string(message.hasPrefix("error: ") ? String(message.dropFirst(7)) : message))]
        }
        try output(raw: Data((object.answered(members, known: known(object), answers: answers).text + "\n").utf8))
    }
}

/// The lines of a file or of standard input (`-`), without their ends, as they come.
func forEachLine(of file: String, _ body: ([UInt8]) throws -> Void) throws {
    let descriptor = file == "-" ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
        throw CommandFailure.notFound("\(file): the file can't be opened: \(String(cString: strerror(errno)))")
    }
    defer { if file != "-" { close(descriptor) } }
    var pending: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        // The signal reaches another thread, so that it ends no read.
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = poll(&state, 1, 100)
        if Interrupt.isMade.load(ordering: .relaxed) { return }
        if ready == 0 { continue }
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else {
            throw CommandFailure.notFound("\(file): the file can't be read: \(String(cString: strerror(errno)))")
        }
        if count == 0 { break }
        var rest = buffer[..<count]
        while let end = rest.firstIndex(of: 0x0A) {
            pending += rest[..<end]
            try body(pending)
            pending.removeAll(keepingCapacity: true)
            rest = rest[(end + 1)...]
        }
        pending += rest
        if pending.count > 1 << 30 {
            throw CommandFailure.notFound("\(file): a line of more than 1 GiB, expected one JSON object a line")
        }
    }
    if !pending.isEmpty { try body(pending) }
}
