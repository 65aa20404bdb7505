/// Documents with mistakes in their stage kinds and parameters, each with every diagnostic it must give.
extension BrokenDocument {
    static let parameters: [BrokenDocument] = [
        BrokenDocument(
            "an unknown kind",
            """
            name: a
            stages:
              a: { uses: toy.corpsu }
              b: { uses: corpus }
              c: { uses: nothing.like-it }
            """,
            [
                "3:14: stage 'a': unknown stage kind 'toy.corpsu'; did you mean 'toy.corpus'?",
                "4:14: stage 'b': unknown stage kind 'corpus'; did you mean 'toy.corpus'?",
                "5:14: stage 'c': unknown stage kind 'nothing.like-it'; expected toy.command, toy.corpus, toy.evaluate or toy.train",
            ]),
        BrokenDocument(
            "unknown parameters",
            """
            name: a
            stages:
              a:
                uses: toy.corpus
                with:
                  cout: 3
                  unheard: 4
              e: { uses: toy.evaluate, in: { model: t, dataset: a }, with: { x: 1 } }
              t: { uses: toy.train, in: { corpus: a }, with: { steps: 1 } }
            """,
            [
                "6:7: stage 'a': unknown parameter 'cout' of toy.corpus; did you mean 'count'?",
                "7:7: stage 'a': unknown parameter 'unheard' of toy.corpus; expected count, seed, label, ratio, shuffle, mode, limit, tags, … (9 in all)",
                "8:66: stage 'e': unknown parameter 'x' of toy.evaluate; there are none",
            ]),
        BrokenDocument(
            "wrong integers",
            """
            name: a
            stages:
              a0: { uses: toy.corpus, with: { count: abc } }
              a1: { uses: toy.corpus, with: { count: 1e3 } }
              a2: { uses: toy.corpus, with: { count: 1_0 } }
              a3: { uses: toy.corpus, with: { count: 0x10 } }
              a4: { uses: toy.corpus, with: { count: 007 } }
              a5: { uses: toy.corpus, with: { count: +5 } }
              a6: { uses: toy.corpus, with: { count: 1.0 } }
              a7: { uses: toy.corpus, with: { count: 0 } }
              a8: { uses: toy.corpus, with: { count: 1001 } }
              a9: { uses: toy.corpus, with: { count: 99999999999999999999 } }
              a10: { uses: toy.corpus, with: { count: [1] } }
              a11: { uses: toy.corpus, with: { count: {a: 1} } }
              a12: { uses: toy.corpus, with: { count:  } }
              a13: { uses: toy.corpus, with: { count: null } }
              a14: { uses: toy.corpus, with: { count: true } }
            """,
            [
                "3:42: stage 'a0': parameter 'count': expected an integer from 1 to 1000, found 'abc'",
                "4:42: stage 'a1': parameter 'count': expected an integer from 1 to 1000, found '1e3'",
                "5:42: stage 'a2': parameter 'count': expected an integer from 1 to 1000, found '1_0'",
                "6:42: stage 'a3': parameter 'count': expected an integer from 1 to 1000, found '0x10'",
                "7:42: stage 'a4': parameter 'count': expected an integer from 1 to 1000, found '007'",
                "8:42: stage 'a5': parameter 'count': expected an integer from 1 to 1000, found '+5'",
                "9:42: stage 'a6': parameter 'count': expected an integer from 1 to 1000, found '1.0'",
                "10:42: stage 'a7': parameter 'count': expected an integer from 1 to 1000, found '0'",
                "11:42: stage 'a8': parameter 'count': expected an integer from 1 to 1000, found '1001'",
                "12:42: stage 'a9': parameter 'count': expected an integer from 1 to 1000, found '99999999999999999999'",
                "13:43: stage 'a10': parameter 'count': expected an integer from 1 to 1000, found a list",
                "14:43: stage 'a11': parameter 'count': expected an integer from 1 to 1000, found a mapping",
                "15:44: stage 'a12': parameter 'count': expected an integer from 1 to 1000, found nothing",
                "16:43: stage 'a13': parameter 'count': expected an integer from 1 to 1000, found 'null'",
                "17:43: stage 'a14': parameter 'count': expected an integer from 1 to 1000, found 'true'",
            ]),
        BrokenDocument(
            "wrong numbers",
            """
            name: a
            stages:
              a0: { uses: toy.corpus, with: { ratio: half } }
              a1: { uses: toy.corpus, with: { ratio: 1.5 } }
              a2: { uses: toy.corpus, with: { ratio: .inf } }
              a3: { uses: toy.corpus, with: { ratio: nan } }
              a4: { uses: toy.corpus, with: { ratio: 1e999 } }
              a5: { uses: toy.corpus, with: { ratio: 1e } }
              a6: { uses: toy.corpus, with: { ratio: 0x1p3 } }
              a7: { uses: toy.corpus, with: { ratio: -1 } }
              a8: { uses: toy.corpus, with: { ratio: 1,5 } }
            """,
            [
                "3:42: stage 'a0': parameter 'ratio': expected a number from 0 to 1, found 'half'",
                "4:42: stage 'a1': parameter 'ratio': expected a number from 0 to 1, found '1.5'",
                "5:42: stage 'a2': parameter 'ratio': expected a number from 0 to 1, found '.inf'",
                "6:42: stage 'a3': parameter 'ratio': expected a number from 0 to 1, found 'nan'",
                "7:42: stage 'a4': parameter 'ratio': expected a number from 0 to 1, found '1e999'",
                "8:42: stage 'a5': parameter 'ratio': expected a number from 0 to 1, found '1e'",
                "9:42: stage 'a6': parameter 'ratio': expected a number from 0 to 1, found '0x1p3'",
                "10:42: stage 'a7': parameter 'ratio': expected a number from 0 to 1, found '-1'",
                "11:44: stage 'a8': unknown parameter '5' of toy.corpus; expected count, seed, label, ratio, shuffle, mode, limit, tags, … (9 in all)",
            ]),
        BrokenDocument(
            "wrong switches, words, texts and optional values",
            """
            name: a
            stages:
              a:
                uses: toy.corpus
                with:
                  shuffle: yes
                  mode: fsat
                  label:
                  limit: 9
              b: { uses: toy.corpus, with: { mode: other, label: [x], limit: "null", shuffle: True } }
            """,
            [
                "6:16: stage 'a': parameter 'shuffle': expected true or false, found 'yes'",
                "7:13: stage 'a': parameter 'mode': found 'fsat'; did you mean 'fast'?",
                "8:13: stage 'a': parameter 'label': expected a string, found nothing",
                "9:14: stage 'a': parameter 'limit': expected an integer from 1 to 5, found '9'",
                "10:40: stage 'b': parameter 'mode': found 'other'; expected fast or thorough",
                "10:54: stage 'b': parameter 'label': expected a string, found a list",
                "10:66: stage 'b': parameter 'limit': expected an integer from 1 to 5, found 'null'",
                "10:83: stage 'b': parameter 'shuffle': expected true or false, found 'True'",
            ]),
        BrokenDocument(
            "wrong lists and alternatives",
            """
            name: a
            stages:
              a: { uses: toy.corpus, with: { tags: x, layers: some } }
              b: { uses: toy.corpus, with: { tags: [a, [b], {}], layers: [1, 10, x] } }
            """,
            [
                "3:40: stage 'a': parameter 'tags': expected a list, each item a string, found 'x'",
                "3:51: stage 'a': parameter 'layers': expected 'all' or 'none', or a list, each item an integer from 0 to 9, found 'some'",
                "4:44: stage 'b': parameter 'tags'[1]: expected a string, found a list",
                "4:49: stage 'b': parameter 'tags'[2]: expected a string, found a mapping",
                "4:66: stage 'b': parameter 'layers'[1]: expected an integer from 0 to 9, found '10'",
                "4:70: stage 'b': parameter 'layers'[2]: expected an integer from 0 to 9, found 'x'",
            ]),
        BrokenDocument(
            "a missing parameter",
            """
            name: a
            stages:
              words: { uses: toy.corpus }
              t: { uses: toy.train, in: { corpus: words } }
            """,
            [
                "4:3: stage 't': the parameter 'steps' of toy.train is missing; expected an integer from 1 to 100 (Steps)"
            ]),
        BrokenDocument(
            "a map with a wrong value",
            """
            name: a
            stages:
              c: { uses: toy.command, with: { arguments: [a], out: { x: [1], y: ok } } }
            """,
            [
                "3:61: stage 'c': parameter 'out'.x: expected a string, found a list"
            ]),
    ]
}
