/// Documents with mistakes in their facts, each with every diagnostic it must give.
extension BrokenDocument {
    static let planning: [BrokenDocument] = [
        BrokenDocument(
            "what kinds find while planning, at the parameter",
            """
            name: a
            stages:
              words: { uses: toy.corpus }
              t:
                uses: toy.train
                in: { corpus: words }
                with:
                  steps: 5
                  batch: 11
              u: { uses: toy.train, in: { corpus: { file: x } }, with: { steps: 99 } }
              v: { uses: toy.train, in: { corpus: words, initial: u }, with: { steps: 99 } }
              small: { uses: toy.corpus, with: { count: 0 } }
              w: { uses: toy.train, in: { corpus: small }, with: { steps: 1, batch: 12 } }
            """,
            [
                "9:14: stage 't': parameter 'batch': expected at most 10, the size of the corpus, found 11",
                "10:3: stage 'u': 99 steps bring bad luck",
                "12:45: stage 'small': parameter 'count': expected an integer from 1 to 1000, found '0'",
            ]),
        BrokenDocument(
            "facts come in the order written, cell by cell",
            """
            name: a
            stages:
              words: { uses: toy.corpus }
              t: { uses: toy.train, matrix: { size: [2, 1] }, in: { corpus: words }, with: { steps: "${matrix.size}" } }
              e: { uses: toy.evaluate, in: { model: t, dataset: words } }
              f: { uses: toy.evaluate, in: { model: ["t[size=1]", "t[size=2]"], dataset: words } }
            """,
            [
                "5:3: stage 'e': steps fall: [2, 1]"
            ]),
    ]
}
