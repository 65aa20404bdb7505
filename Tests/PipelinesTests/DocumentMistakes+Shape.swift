/// Documents with mistakes in their outline, each with every diagnostic it must give.
extension BrokenDocument {
    static let shape: [BrokenDocument] = [
        BrokenDocument(
            "an unknown key at the top",
            """
            nme: a
            name: b
            stages:
              words: { uses: toy.corpus }
            """,
            [
                "1:1: pipeline: unknown key 'nme'; did you mean 'name'?"
            ]),
        BrokenDocument(
            "no name and no stages",
            """
            description: x
            """,
            [
                "1:1: expected 'name:' with the pipeline's name",
                "1:1: expected 'stages:' with at least one stage",
            ]),
        BrokenDocument(
            "an empty stages",
            """
            name: a
            stages:
            """,
            [
                "2:1: expected 'stages:' with at least one stage"
            ]),
        BrokenDocument(
            "an empty file",
            """
            # nothing
            """,
            [
                "1:1: the file is empty; expected 'name:' and 'stages:'"
            ]),
        BrokenDocument(
            "a list at the top",
            """
            - a
            - b
            """,
            [
                "1:1: pipeline: expected a mapping, found a list"
            ]),
        BrokenDocument(
            "bad names",
            """
            name: a b
            params: { x y: 1 }
            stages:
              w.x: { uses: toy.corpus }
            """,
            [
                "1:7: pipeline name 'a b': expected letters, digits, '_' and '-', a letter or digit first",
                "2:11: params: name 'x y': expected letters, digits, '_' and '-', a letter or digit first",
                "4:3: stage name 'w.x': expected letters, digits, '_' and '-', a letter or digit first",
            ]),
        BrokenDocument(
            "a stage that is text, one without uses, one with an unknown key",
            """
            name: a
            stages:
              a: toy.corpus
              b: { with: {} }
              c: { uses: toy.corpus, wiht: { count: 2 } }
            """,
            [
                "3:6: stage 'a': expected a mapping, found 'toy.corpus'",
                "4:3: stage 'b': expected 'uses:' with the name of a stage kind",
                "5:26: stage 'c': unknown key 'wiht'; did you mean 'with'?",
            ]),
        BrokenDocument(
            "lists where mappings belong",
            """
            name: a
            stages:
              a:
                uses: toy.corpus
                with: [1]
                in: x
                expect: 3
                timeout: soon
                description: []
            """,
            [
                "5:11: stage 'a': 'with': expected a mapping, found a list",
                "6:9: stage 'a': 'in': expected a mapping, found 'x'",
                "7:13: stage 'a': 'expect': expected a mapping, found '3'",
                "8:14: stage 'a': timeout: expected a number of seconds above 0 and up to 1e9, found 'soon'",
                "9:18: stage 'a': description: expected a text, found a list",
            ]),
        BrokenDocument(
            "a timeout of zero",
            """
            name: a
            stages:
              a: { uses: toy.corpus, timeout: 0 }
            """,
            [
                "3:35: stage 'a': timeout: expected a number of seconds above 0 and up to 1e9, found '0'"
            ]),
    ]
}
