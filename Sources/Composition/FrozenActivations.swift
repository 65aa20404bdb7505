import Foundation
import LanguageModels
import NeuralNetworks
import Tensors

/// What the training of a composition reads of its frozen models, for every row of a corpus: computed once, then read in
/// each epoch and by each composition of the same models, taps and corpus.
///
/// For each tap a matrix [rows, width]. A sequence has as many rows as its model reads tokens of it.
package struct FrozenActivations: Sendable {
    package let layout: Layout
    /// Values of the anchor's tap for the rows of its prefix, which each batch has in front.
    package var prefix: [Float] = []
    /// One tap's rows after the other, little-endian Float32; perhaps a mapped file.
    private let taps: [Data]

    /// Over the tensors of a file that a ``Layout`` describes; throws if the file has others.
    package init(_ layout: Layout, in file: SafetensorsFile) throws(SafetensorsError) {
        self.layout = layout
        var taps: [Data] = []
        for tap in layout.taps {
            taps.append(try file.bytes(tap.name, shape: [layout.rows(of: taps.count), tap.width]))
        }
        self.taps = taps
    }

    /// Bytes of a mapped file's taps that are in memory now, in whole pages. The system reads them in and takes them back as
    /// it needs.
    package var residentBytes: Int {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        var pages = Set<UInt>()
        for tap in taps {
            tap.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                let first = UInt(bitPattern: base) / UInt(page)
                let count = Int((UInt(bitPattern: base) + UInt(bytes.count) - 1) / UInt(page) - first) + 1
                var flags = [UInt8](repeating: 0, count: count)
                guard mincore(UnsafeMutableRawPointer(bitPattern: first * UInt(page)), count * page, &flags) == 0 else {
                    return
                }
                for (place, flag) in flags.enumerated() where flag & 1 == 1 { pages.insert(first + UInt(place)) }
            }
        }
        return pages.count * page
    }

    /// The rows of some sequences of the corpus, tap by tap. Sequence i of them has rows offsets(source)[i]..<offsets(source)[i + 1].
    func read(_ sequences: [Int], on tape: Tape, offsets: (_ source: Int?) -> [Int]) -> FrozenStates {
        let variables = layout.taps.indices.filter { !layout.taps[$0].isPrompt }.map { index in
            let tap = layout.taps[index]
            let offsets = offsets(tap.source)
            let front = tap.source == nil ? prefix : []
            return tape.input(rows: front.count / tap.width + (offsets.last ?? 0), columns: tap.width) { target in
                front.withUnsafeBufferPointer {
                    if let base = $0.baseAddress { target.update(from: base, count: $0.count) }
                }
                copyRows(of: index, sequences, offsets, to: target + front.count)
            }
        }
        return FrozenStates(layout, variables)
    }

    /// The keys and values of prompts in one block, into a cache's `rows` for each sequence.
    func readPrompts(_ sequences: [Int], block: Int, _ rows: [Range<Int>], into cache: KVCache) {
        guard let tap = layout.taps.firstIndex(where: { $0.isPrompt && $0.block == block }) else {
            preconditionFailure("no prompts of block \(block)")
        }
        taps[tap].withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            for (sequence, rows) in zip(sequences, rows) where !rows.isEmpty {
                let first = layout.firstRows[tap][sequence]
                precondition(
                    layout.firstRows[tap][sequence + 1] - first == rows.count, "prompt of sequence \(sequence)")
                cache.fill(
                    rows,
                    from: (base + first * layout.taps[tap].width * 4).assumingMemoryBound(to: Float.self))
            }
        }
    }

    private func copyRows(
        of tap: Int, _ sequences: [Int], _ offsets: [Int], to target: UnsafeMutablePointer<Float>
    ) {
        let rowBytes = layout.taps[tap].width * 4
        let firstRows = layout.firstRows[tap]
        taps[tap].withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            for (place, sequence) in sequences.enumerated() {
                let count = offsets[place + 1] - offsets[place]
                let stored = firstRows[sequence + 1] - firstRows[sequence]
                precondition(count == stored, "sequence \(sequence) has \(count) rows, stored are \(stored)")
                UnsafeMutableRawPointer(target).advanced(by: offsets[place] * rowBytes)
                    .copyMemory(from: base + firstRows[sequence] * rowBytes, byteCount: count * rowBytes)
            }
        }
    }
}

extension FrozenActivations {
    /// Which activations are kept, of which models, over which rows.
    package struct Layout: Sendable, Equatable {
        /// Hidden states behind one block of one model.
        package struct Tap: Sendable, Equatable {
            /// Which augmenting model; nil for the anchor.
            package let source: Int?
            package let block: Int
            package let width: Int
            /// Whether it is the keys and values of prompts, side by side, instead.
            var isPrompt = false

            package var name: String {
                (source.map { "augmenting.\($0)" } ?? "anchor") + ".blocks.\(block)" + (isPrompt ? ".prompts" : "")
            }
        }

        /// The augmenting models' in order, then the prompts', then the anchor's behind its lowest connected block.
        package let taps: [Tap]
        /// Of each tap: sequence i of the corpus has rows firstRows[tap][i]..<firstRows[tap][i + 1].
        package let firstRows: [[Int]]

        package func rows(of tap: Int) -> Int { firstRows[tap].last ?? 0 }
        package var bytes: Int { offset(tap: taps.count, row: 0) }

        /// The taps as tensors.
        package var shapes: [(name: String, shape: [Int])] {
            taps.indices.map { (taps[$0].name, [rows(of: $0), taps[$0].width]) }
        }

        /// Bytes from the first tap's first row to a row of a tap: the taps follow each other.
        package func offset(tap: Int, row: Int) -> Int {
            let before = taps[..<tap].indices.reduce(0) { $0 + taps[$1].width * rows(of: $1) }
            return 4 * (before + (tap < taps.count ? row * taps[tap].width : 0))
        }
    }
}

/// The frozen models' part in a forward pass.
struct FrozenStates {
    private let layout: [FrozenActivations.Layout.Tap]
    private let variables: [Variable]

    init(_ layout: FrozenActivations.Layout, _ variables: [Variable]) {
        self.init(layout.taps, variables)
    }

    init(_ taps: [FrozenActivations.Layout.Tap], _ variables: [Variable]) {
        layout = taps.filter { !$0.isPrompt }
        self.variables = variables
    }

    /// Hidden states behind a block of an augmenting model; behind the anchor's lowest connected block for nil.
    func callAsFunction(_ source: Int?, _ block: Int) -> Variable {
        guard let index = layout.firstIndex(where: { $0.source == source && $0.block == block }) else {
            preconditionFailure("no tap behind block \(block) of \(source.map { "augmenting \($0)" } ?? "the anchor")")
        }
        return variables[index]
    }
}
