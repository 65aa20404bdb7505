import Artifacts
import Foundation
import Stages

/// The pairs of many catalogues that are as long as wanted, each once.
struct PairCollection {
    struct Pair: Hashable {
        /// The code of the language, as the stage calls it.
        let language: String
        let text: TranslationPair
    }

    /// How long texts may be; nil for as long as they are.
    struct Bounds {
        var source: Int?
        var english: Int?
        var fewestWords = 0
        var mostWords: Int?
    }

    let bounds: Bounds
    private(set) var pairs: [Pair] = []
    private(set) var rejections: [Rejection: Int] = [:]
    // By their bytes: Swift calls texts equal that are written differently.
    private var seen: Set<[UInt8]> = []

    init(bounds: Bounds) { self.bounds = bounds }

    mutating func add(_ english: String, source: String, language: String) {
        do throws(Rejection) {
            let text = try TranslationPair(cleaning: english, source: source)
            try check(text)
            var bytes: [UInt8] = []
            for part in [language, text.source, text.english] { bytes += Array(part.utf8) + [0] }
            guard seen.insert(bytes).inserted else { throw .duplicates }
            pairs.append(Pair(language: language, text: text))
        } catch {
            rejections[error, default: 0] += 1
        }
    }

    private func check(_ text: TranslationPair) throws(Rejection) {
        if let most = bounds.source, text.source.utf8.count > most { throw .sourceBytes }
        if let most = bounds.english, text.english.utf8.count > most { throw .englishBytes }
        let words = text.english.split(separator: " ").count { $0.unicodeScalars.contains(where: \.isLetter) }
        guard words >= bounds.fewestWords, words <= bounds.mostWords ?? .max else { throw .words }
    }
}

extension PairCollection {
    /// The pairs by split, which the English decides, its key and the seed alone: other languages and other pairs change nothing.
    ///
    /// Pairs of validation and test are left out if training has nearly the same English, in whatever language, or the same source.
    ///
    /// - Parameter threshold: The Jaccard similarity of keys from which on they are nearly the same; at 1 only equal ones are.
    mutating func split(_ shares: SplitShares, threshold: Double) -> [CorpusSplit: [Pair]] {
        let keys = pairs.map { EnglishKey($0.text.english) }
        var splits: [EnglishKey: CorpusSplit] = [:]
        for key in keys where splits[key] == nil {
            splits[key] = shares.split(of: Digest(of: Data(key.text.utf8)))
        }
        let near = NearDuplicates(of: splits.lazy.filter { $0.value == .train }.map(\.key), threshold: threshold)
        let training = zip(pairs, keys).filter { splits[$0.1] == .train }
        let sources = Set(training.map { $0.0.text.source.lowercased() })
        var isNear: [EnglishKey: Bool] = [:]
        var result: [CorpusSplit: [Pair]] = [:]
        for (pair, key) in zip(pairs, keys) {
            guard let split = splits[key] else { continue }
            if split != .train {
                let found = isNear[key] ?? near.contains(nearly: key)
                isNear[key] = found
                guard !found else {
                    rejections[.nearDuplicates, default: 0] += 1
                    continue
                }
                guard !sources.contains(pair.text.source.lowercased()) else {
                    rejections[.sharedSources, default: 0] += 1
                    continue
                }
            }
            result[split, default: []].append(pair)
        }
        return result
    }
}
