/// Documents with mistakes in their matrices, each with every diagnostic it must give.
extension BrokenDocument {
    static let matrix: [BrokenDocument] = [
        BrokenDocument(
            "empty and malformed matrices",
            """
            name: a
            stages:
              a: { uses: toy.corpus, matrix: {}, with: { count: "${matrix.x}" } }
              b: { uses: toy.corpus, matrix: { x: [] }, with: { count: "${matrix.x}" } }
              c: { uses: toy.corpus, matrix: { x: 3, y.z: [1] } }
              d: { uses: toy.corpus, matrix: { x: [1, [2], 1, "", "a,b", "a]", "a\\u200b"] } }
              e: { uses: toy.evaluate, in: { model: b, dataset: a } }
            """,
            [
                "3:26: stage 'a': matrix: expected at least one axis, found none",
                "4:39: stage 'b': matrix: axis 'x': expected at least one value, found an empty list",
                "5:39: stage 'c': matrix: axis 'x': expected a list, found '3'",
                "5:42: stage 'c': matrix: axis name 'y.z': expected letters, digits, '_' and '-', a letter or digit first",
                "6:43: stage 'd': matrix: axis 'x': expected a single value, found a list",
                "6:48: stage 'd': matrix: axis 'x': the value '1' is repeated",
                "6:51: stage 'd': matrix: axis 'x': found '', expected a value that can stand in a cell's name: not empty, no comma outside brackets, brackets in pairs, no blanks around it, no invisible characters",
                "6:55: stage 'd': matrix: axis 'x': found 'a,b', expected a value that can stand in a cell's name: not empty, no comma outside brackets, brackets in pairs, no blanks around it, no invisible characters",
                "6:62: stage 'd': matrix: axis 'x': found 'a]', expected a value that can stand in a cell's name: not empty, no comma outside brackets, brackets in pairs, no blanks around it, no invisible characters",
                "6:68: stage 'd': matrix: axis 'x': found 'a\\u{200B}', expected a value that can stand in a cell's name: not empty, no comma outside brackets, brackets in pairs, no blanks around it, no invisible characters",
            ]),
        BrokenDocument(
            "names longer than records and archives hold",
            """
            name: a
            stages:
              \(String(repeating: "n", count: 1001)): { uses: toy.corpus }
              a: { uses: toy.corpus, matrix: { x: [1, \(String(repeating: "v", count: 995))], y: [2] } }
              b: { uses: toy.corpus, matrix: { x: [1, \(String(repeating: "v", count: 995))] } }
            """,
            [
                "3:3: stage '\(String(repeating: "n", count: 80))…': its name has 1001 bytes, the limit is 1000",
                "4:3: stage 'a': the name of a cell has 1004 bytes, the limit is 1000",
            ]),
        BrokenDocument(
            "too many cells",
            """
            name: a
            stages:
              a:
                uses: toy.corpus
                matrix: { a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], b: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], c: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], d: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], e: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }
            """,
            [
                "5:5: stage 'a': matrix: more than 10000 cells, the limit"
            ]),
        BrokenDocument(
            "a cell's value in the wrong place is reported once, where it is written",
            """
            name: a
            stages:
              words: { uses: toy.corpus }
              t:
                uses: toy.train
                matrix: { from: [words, wrods], steps: [1, 2, x] }
                in: { corpus: "${matrix.from}" }
                with: { steps: "${matrix.steps}" }
            """,
            [
                "6:29: stage 't': input 'corpus': unknown stage 'wrods'; did you mean 'words'?",
                "6:51: stage 't': parameter 'steps': expected an integer from 1 to 100, found 'x'",
            ]),
        BrokenDocument(
            "cells named badly",
            """
            name: a
            stages:
              words: { uses: toy.corpus }
              t: { uses: toy.train, matrix: { size: [1, 2] }, in: { corpus: words }, with: { steps: "${matrix.size}" } }
              a: { uses: toy.train, in: { corpus: words, initial: t }, with: { steps: 1 } }
              b: { uses: toy.train, in: { corpus: words, initial: "t[size=3]" }, with: { steps: 1 } }
              c: { uses: toy.train, in: { corpus: words, initial: "t[siez=1]" }, with: { steps: 1 } }
              d: { uses: toy.train, in: { corpus: "words[size=1]", initial: "t[size=1].modle" }, with: { steps: 1 } }
            """,
            [
                "5:55: stage 'a': input 'initial' takes one stage, but 't' has 2 cells; name one of them: t[size=1] or t[size=2]",
                "6:55: stage 'b': input 'initial': unknown value '3' of axis 'size' of 't'; expected 1 or 2",
                "7:55: stage 'c': input 'initial': unknown axis 'siez' of 't'; did you mean 'size'?",
                "8:39: stage 'd': input 'corpus': 'words' has no matrix, found 'words[size=1]'",
                "8:65: stage 'd': input 'initial': unknown output 'modle' of 't[size=1]' (toy.train); did you mean 'model'?",
            ]),
    ]
}
