/// Documents with mistakes in their gates, each with every diagnostic it must give.
extension BrokenDocument {
    static let gates: [BrokenDocument] = [
        BrokenDocument(
            "malformed gates",
            """
            name: a
            stages:
              a:
                uses: toy.corpus
                expect:
                  a: 0.8
                  b: ">= high"
                  c: "=> 1"
                  d: ">="
                  e: ["> 1", {}]
            """,
            [
                "6:10: stage 'a': gate on 'a': expected a comparison (>=, <=, >, < or ==) with a number, such as '>= 0.8', or with earlier runs, such as '>= baseline - 0.01', found '0.8'",
                "7:10: stage 'a': gate on 'b': expected a comparison (>=, <=, >, < or ==) with a number, such as '>= 0.8', or with earlier runs, such as '>= baseline - 0.01', found '>= high'",
                "8:10: stage 'a': gate on 'c': expected a comparison (>=, <=, >, < or ==) with a number, such as '>= 0.8', or with earlier runs, such as '>= baseline - 0.01', found '=> 1'",
                "9:10: stage 'a': gate on 'd': expected a comparison (>=, <=, >, < or ==) with a number, such as '>= 0.8', or with earlier runs, such as '>= baseline - 0.01', found '>='",
                "10:18: stage 'a': gate on 'e': expected a comparison (>=, <=, >, < or ==) with a number, such as '>= 0.8', or with earlier runs, such as '>= baseline - 0.01', found a mapping",
            ]),
        BrokenDocument(
            "malformed references to earlier runs",
            """
            name: a
            baseline: ../x
            stages:
              a:
                uses: toy.corpus
                expect:
                  a: ">= basline - 0.01"
                  b: ">= baseline - x"
                  c: ">= baseline 0.01"
                  d: ">= median(0)"
                  e: ">= median"
                  f: ">= 2 * baseline * 2"
                  g: ">= baseline * - 1"
                  h: ">= baseline - 0.01 - 0.01"
                  i: ">= baseline + median(3)"
            """,
            [
                "2:11: baseline: expected the name of a pin (letters, digits, '.', '_' and '-'), found '../x'",
                "7:10: stage 'a': gate on 'a': expected 'baseline', found '>= basline - 0.01'",
                "8:10: stage 'a': gate on 'b': expected a number after '-', found '>= baseline - x'",
                "9:10: stage 'a': gate on 'c': expected '* NUMBER', '+ NUMBER', '- NUMBER' or nothing after 'baseline', found '>= baseline 0.01'",
                "10:10: stage 'a': gate on 'd': expected 'median(N)' with the number of runs, from 1 to 1000, such as 'median(10)', found '>= median(0)'",
                "11:10: stage 'a': gate on 'e': expected 'median(N)' with the number of runs, from 1 to 1000, such as 'median(10)', found '>= median'",
                "12:10: stage 'a': gate on 'f': expected one factor, found '>= 2 * baseline * 2'",
                "13:10: stage 'a': gate on 'g': expected a number after '*', found '>= baseline * - 1'",
                "14:10: stage 'a': gate on 'h': expected a number after '-', found '>= baseline - 0.01 - 0.01'",
                "15:10: stage 'a': gate on 'i': expected a number after '+', found '>= baseline + median(3)'",
            ]),
        BrokenDocument(
            "malformed rules",
            """
            name: a
            stages:
              a:
                uses: toy.corpus
                matrix: { x: [one, two] }
                expect:
                  - { when: { y: one }, m: "> 1" }
                  - { when: { x: tow }, m: "> 1" }
                  - { when: { x: one } }
                  - 3
              b: { uses: toy.corpus, expect: [{ when: { x: one }, m: "> 1" }] }
            """,
            [
                "7:19: stage 'a': 'expect': 'when': unknown axis 'y'; expected x",
                "8:22: stage 'a': 'expect': 'when': unknown value 'tow' of axis 'x'; did you mean 'two'?",
                "9:9: stage 'a': 'expect': expected a metric with a gate such as '>= 0.8', found none",
                "10:9: stage 'a': 'expect': expected a mapping, found '3'",
                "11:37: stage 'b': 'expect': 'when': the stage has no matrix whose cells could be picked",
            ]),
    ]
}
