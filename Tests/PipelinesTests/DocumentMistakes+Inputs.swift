/// Documents with mistakes in their inputs, each with every diagnostic it must give.
extension BrokenDocument {
    static let inputs: [BrokenDocument] = [
        BrokenDocument(
            "unknown and missing roles",
            """
            name: a
            stages:
              words: { uses: toy.corpus }
              t: { uses: toy.train, in: { corpsu: words }, with: { steps: 1 } }
              c: { uses: toy.corpus, in: { x: words } }
            """,
            [
                "4:3: stage 't': the input 'corpus' of toy.train is missing; expected dataset or file (What to learn)",
                "4:31: stage 't': unknown input 'corpsu' of toy.train; did you mean 'corpus'?",
                "5:32: stage 'c': unknown input 'x' of toy.corpus; there are none",
            ]),
        BrokenDocument(
            "unknown stages and outputs",
            """
            name: a
            stages:
              words: { uses: toy.corpus }
              t: { uses: toy.train, in: { corpus: wrods }, with: { steps: 1 } }
              u: { uses: toy.train, in: { corpus: words.pair }, with: { steps: 1 } }
              v: { uses: toy.train, in: { corpus: unheard.of }, with: { steps: 1 } }
            """,
            [
                "4:39: stage 't': input 'corpus': unknown stage 'wrods'; did you mean 'words'?",
                "5:39: stage 'u': input 'corpus': unknown output 'pair' of 'words' (toy.corpus); did you mean 'pairs'?",
                "6:39: stage 'v': input 'corpus': unknown stage 'unheard'; expected words, t, u or v",
            ]),
        BrokenDocument(
            "a dataset where a model is wanted",
            """
            name: a
            stages:
              words: { uses: toy.corpus }
              t: { uses: toy.train, in: { corpus: words, initial: words }, with: { steps: 1 } }
              e: { uses: toy.evaluate, in: { model: [t, words.words], dataset: { file: x } } }
            """,
            [
                "4:55: stage 't': input 'initial' takes model, but 'words.pairs' is dataset",
                "5:45: stage 'e': input 'model' takes model or composition, but 'words.words' is tokenizer",
                "5:68: stage 'e': input 'dataset' takes dataset, but a file has the type 'file'",
            ]),
        BrokenDocument(
            "folders and globs",
            """
            name: a
            stages:
              words: { uses: toy.corpus }
              e: { uses: toy.evaluate, in: { model: t, dataset: { folder: d } } }
              f: { uses: toy.evaluate, in: { model: t, dataset: { glob: "*.csv" } } }
              t: { uses: toy.train, in: { corpus: { file: a, folder: b } }, with: { steps: 1 } }
              u: { uses: toy.train, in: { corpus: { glob: "[x" } }, with: { steps: 1 } }
              v: { uses: toy.train, in: { corpus: { folder: "" } }, with: { steps: 1 } }
            """,
            [
                "4:53: stage 'e': input 'dataset' takes dataset, but a folder has the type 'folder'",
                "5:53: stage 'f': input 'dataset' takes dataset, but a glob has the type 'folder'",
                "6:39: stage 't': input 'corpus': expected one of 'file', 'folder' and 'glob', found file and folder",
                "7:47: stage 'u': input 'corpus': the glob '[x' has '[' without its ']'",
                "8:49: stage 'v': input 'corpus': expected the path of a folder, found ''",
            ]),
        BrokenDocument(
            "malformed references",
            """
            name: a
            stages:
              words: { uses: toy.corpus }
              t: { uses: toy.train, in: { corpus: "words[" }, with: { steps: 1 } }
              u: { uses: toy.train, in: { corpus: { flie: x } }, with: { steps: 1 } }
              v: { uses: toy.train, in: { corpus: [words, words], initial: [] }, with: { steps: 1 } }
              w: { uses: toy.train, in: { corpus: , initial: [[t]] }, with: { steps: 1 } }
              x: { uses: toy.train, in: { corpus: {} }, with: { steps: 1 } }
              e: { uses: toy.evaluate, in: { model: [], dataset: words } }
            """,
            [
                "4:39: stage 't': input 'corpus': expected 'stage', 'stage.role', 'stage[axis=value]', { file: path }, { folder: path } or { glob: pattern }, found 'words['",
                "5:41: stage 'u': input 'corpus': unknown key 'flie'; did you mean 'file'?",
                "6:39: stage 'v': input 'corpus': expected one stage, found a list of 2",
                "6:64: stage 'v': input 'initial': expected one stage, found a list of 0",
                "7:39: stage 'w': input 'corpus': expected 'stage', 'stage.role', 'stage[axis=value]', { file: path }, { folder: path } or { glob: pattern }, found nothing",
                "7:51: stage 'w': input 'initial': expected a stage, found a list in a list",
                "8:39: stage 'x': input 'corpus': expected { file: path }, { folder: path } or { glob: pattern }, found an empty mapping",
                "9:41: stage 'e': input 'model': expected one or more stages, found an empty list",
            ]),
        BrokenDocument(
            "a stage without outputs",
            """
            name: a
            stages:
              words: { uses: toy.corpus }
              c: { uses: toy.command, with: { arguments: [a] } }
              d: { uses: toy.command, in: { x: c }, with: { arguments: [a] } }
            """,
            [
                "5:36: stage 'd': input 'x': 'c' (toy.command) has no outputs"
            ]),
        BrokenDocument(
            "cycles",
            """
            name: a
            stages:
              a: { uses: toy.train, in: { corpus: { file: x }, initial: c }, with: { steps: 1 } }
              b: { uses: toy.train, in: { corpus: { file: x }, initial: a }, with: { steps: 1 } }
              c: { uses: toy.train, in: { corpus: { file: x }, initial: b }, with: { steps: 1 } }
              d: { uses: toy.train, in: { corpus: { file: x }, initial: d }, with: { steps: 1 } }
              e: { uses: toy.train, in: { corpus: { file: x }, initial: d }, with: { steps: 1 } }
            """,
            [
                "3:61: stages wait for each other in a cycle: a -> b -> c -> a",
                "6:61: stages wait for each other in a cycle: d -> d",
            ]),
    ]
}
