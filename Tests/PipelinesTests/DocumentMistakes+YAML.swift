/// Documents with mistakes in their YAML, each with every diagnostic it must give.
extension BrokenDocument {
    static let yaml: [BrokenDocument] = [
        BrokenDocument(
            "a syntax error",
            """
            name: a
            stages:
              a: { uses: toy.corpus
              b: 3
            """,
            [
                "4:4: invalid YAML: did not find expected ',' or '}' while parsing a flow mapping that starts in line 3"
            ]),
        BrokenDocument(
            "a tab for indentation",
            """
            name: a
            stages:
            	a: 1
            """,
            [
                "3:1: invalid YAML: found character that cannot start any token while scanning for the next token"
            ]),
        BrokenDocument(
            "a gate without quotes",
            """
            name: a
            stages:
              a:
                uses: toy.corpus
                expect:
                  accuracy: >= 0.8
            """,
            [
                "6:18: invalid YAML: did not find expected comment or line break while scanning a block scalar; a gate must be quoted, as in \">= 0.8\""
            ]),
        BrokenDocument(
            "an alias without its anchor",
            """
            name: a
            stages:
              a: *b
            """,
            [
                "3:6: invalid YAML: found undefined alias"
            ]),
        BrokenDocument(
            "two documents",
            """
            name: a
            ---
            name: b
            """,
            [
                "2:1: found a second YAML document; a pipeline file holds one"
            ]),
        BrokenDocument(
            "a tag",
            """
            name: a
            stages:
              a: { uses: !kind toy.corpus }
            """,
            [
                "3:14: found the YAML tag '!kind'; the declared type decides, tags are not used"
            ]),
        BrokenDocument(
            "a list as a key",
            """
            name: a
            stages:
              ? [a]
              : { uses: toy.corpus }
            """,
            [
                "3:5: found a list or mapping as a key, expected a name"
            ]),
        BrokenDocument(
            "a bad merge",
            """
            name: a
            stages:
              a: { uses: toy.corpus, with: { <<: 3 } }
            """,
            [
                "3:38: '<<' takes a mapping or a list of mappings, found '3'"
            ]),
        BrokenDocument(
            "a merge twice, which is for a list to say",
            """
            name: a
            stages:
              a: { uses: toy.corpus, with: { <<: { count: 1 }, <<: { seed: 1 } } }
            """,
            [
                "3:52: the key '<<' is repeated; it stands in line 3 already"
            ]),
        BrokenDocument(
            "repeated keys, and what they would hide",
            """
            name: a
            stages:
              a: { uses: toy.corpus, uses: toy.train, with: { count: 0 } }
              b: { uses: toy.corpus, with: { seed: x, "seed": 2, seed: 3, cuont: 1 } }
              a: { uses: toy.corpus }
            name: c
            """,
            [
                "3:26: the key 'uses' is repeated; it stands in line 3 already",
                "3:58: stage 'a': parameter 'count': expected an integer from 1 to 1000, found '0'",
                "4:40: stage 'b': parameter 'seed': expected an integer, found 'x'",
                "4:43: the key 'seed' is repeated; it stands in line 4 already",
                "4:54: the key 'seed' is repeated; it stands in line 4 already",
                "4:63: stage 'b': unknown parameter 'cuont' of toy.corpus; did you mean 'count'?",
                "5:3: the key 'a' is repeated; it stands in line 3 already",
                "6:1: the key 'name' is repeated; it stands in line 1 already",
            ]),
        BrokenDocument(
            "control characters",
            "name: a\nstages: \u{1}\n",
            [
                "2:9: found the character U+0001, which YAML does not allow; write an escape in double quotes"
            ]),
    ]
}
