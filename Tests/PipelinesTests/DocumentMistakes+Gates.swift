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
                "6:10: stage 'a': gate on 'a': expected a comparison (>=, <=, >, < or ==) with a number, such as '>= 0.8', found '0.8'",
                "7:10: stage 'a': gate on 'b': expected a comparison (>=, <=, >, < or ==) with a number, such as '>= 0.8', found '>= high'",
                "8:10: stage 'a': gate on 'c': expected a comparison (>=, <=, >, < or ==) with a number, such as '>= 0.8', found '=> 1'",
                "9:10: stage 'a': gate on 'd': expected a comparison (>=, <=, >, < or ==) with a number, such as '>= 0.8', found '>='",
                "10:18: stage 'a': gate on 'e': expected a comparison (>=, <=, >, < or ==) with a number, such as '>= 0.8', found a mapping",
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
