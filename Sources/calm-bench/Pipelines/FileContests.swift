import Foundation

/// Large files: into the store and out of it.
let fileContests = [addContest, readContest]

private enum Content: String, CaseIterable {
    case random, text

    /// 1 GiB, made of a piece of 16 MiB again and again: LZ4 looks back 64 KiB.
    func write(to file: URL) throws {
        var generator = SplitMix(state: 7)
        var piece = Data(capacity: 17 << 20)
        while piece.count < 16 << 20 {
            switch self {
            case .random: withUnsafeBytes(of: generator.next()) { piece.append(contentsOf: $0) }
            case .text:
                let number = generator.next()
                piece.append(
                    contentsOf: "\(number % 100_000)\tstage \(number % 977)\taccuracy 0.\(number >> 40)\n".utf8)
            }
        }
        piece.removeLast(piece.count - 16 << 20)
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        for _ in 0..<64 { try handle.write(contentsOf: piece) }
        try handle.synchronize()
        try handle.close()
    }
}

/// A small generator, so that the files are the same in every run (Steele, Lea & Flood 2014).
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

private let addContest = Contest(
    "add-1gib", "a file of 1 GiB is hashed, compressed and synchronised (DVC: hashed and copied)",
    goals: Content.allCases.map { .faster(2, than: "DVC, \($0)", ours: "calm, \($0)") }
) { ground in
    try Content.allCases.flatMap { content -> [Entrant] in
        let calm = try adding(content, "add-1gib", ground)
        var entrants = [
            Entrant("calm, \(content)", .calm, gibibytes: 1) {
                calm.remove("store")
            } measure: {
                try calm.run("plan", "pipeline.yaml", "--store", "store")
            }
        ]
        if ground.programs[.dvc] != nil {
            let dvc = try ground.place("add-1gib-\(content)", .dvc)
            try dvc.beginDVC()
            try content.write(to: dvc.url.appendingPathComponent("data.bin"))
            entrants.append(
                Entrant("DVC, \(content)", .dvc, gibibytes: 1) {
                    dvc.remove("data.bin.dvc", ".dvc/cache", ".dvc/tmp", ".dvc/site")
                } measure: {
                    try dvc.run("add", "data.bin")
                })
        }
        return entrants
    }
}

/// A pipeline that reads the file: planning it adds the file to the store.
private func adding(_ content: Content, _ contest: String, _ ground: Ground) throws -> Place {
    let place = try ground.place("\(contest)/\(content)", .calm)
    try content.write(to: place.url.appendingPathComponent("data.bin"))
    try place.write(
        """
        name: add
        stages:
          size:
            uses: command
            in: { data: { file: data.bin } }
            with:
              argv: [sh, -c, "wc -c < {in.data} > {out.size}"]
              out: { size: size.txt }

        """, to: "pipeline.yaml")
    return place
}

private let readContest = Contest(
    "read-1gib", "a stored file of 1 GiB is read and verified, as store verify does it",
    goals: Content.allCases.map { .gigabytesPerCore(1, ours: "calm, \($0)") }
) { ground in
    try Content.allCases.map { content in
        let place = try adding(content, "read-1gib", ground)
        try place.run("plan", "pipeline.yaml", "--store", "store")
        place.remove("data.bin")
        return Entrant("calm, \(content)", .calm, gibibytes: 1) { try place.run("store", "verify", "--store", "store") }
    }
}
