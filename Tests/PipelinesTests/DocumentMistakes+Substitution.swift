/// Documents with mistakes in their `${…}` and overrides, each with every diagnostic it must give.
extension BrokenDocument {
    static let substitution: [BrokenDocument] = [
        BrokenDocument(
            "unknown names",
            """
            name: a
            params: { count: 5 }
            stages:
              a: { uses: toy.corpus, with: { count: "${params.cuont}", label: "x ${HOME} ${matrix.a}" } }
            """,
            [
                "4:41: unknown name 'params.cuont' in '${…}'; did you mean 'params.count'? (write '$${' for a literal '${')",
                "4:67: unknown name 'HOME' in '${…}'; expected params.count (write '$${' for a literal '${')",
                "4:67: unknown name 'matrix.a' in '${…}'; expected params.count (write '$${' for a literal '${')",
            ]),
        BrokenDocument(
            "references without their dollar",
            """
            name: a
            params: { count: 5 }
            stages:
              a: { uses: toy.corpus, with: { label: "x {params.count} ${params.count} {params.other} {{x}} { params.count }" } }
            """,
            [
                "4:41: found '{params.count}', which is no reference; write '${params.count}' for its value, or '{ params.count }' for the text itself"
            ]),
        BrokenDocument(
            "unclosed and misplaced references",
            """
            name: a
            params: { list: [1], x: "${params.list}" }
            stages:
              a: { uses: toy.corpus, with: { label: "${params.list", mode: "a ${params.list}" } }
              b: { uses: toy.command, with: { arguments: [], out: { "${params.list}": x } } }
            """,
            [
                "2:25: found '${params.list}' in params, where '${…}' isn't replaced; write '$${' for a literal '${'",
                "4:41: found '${' without its '}' in '${params.list'; write '$${' for a literal '${'",
                "4:64: '${params.list}' is a list, which can't be part of the text 'a ${params.list}'; it must stand alone",
                "5:57: found '${params.list}' as a key; keys can't contain '${'",
            ]),
        BrokenDocument(
            "a value with the wrong type keeps its own place",
            """
            name: a
            params:
              count: many
            stages:
              a: { uses: toy.corpus, with: { count: "${params.count}" } }
              b: { uses: toy.corpus, with: { count: "1${params.count}" } }
            """,
            [
                "3:10: stage 'a': parameter 'count': expected an integer from 1 to 1000, found 'many'",
                "6:41: stage 'b': parameter 'count': expected an integer from 1 to 1000, found '1many'",
            ]),
        BrokenDocument(
            "overrides",
            """
            name: a
            params: { count: 5, label: x }
            stages:
              a: { uses: toy.corpus, with: { count: "${params.count}", label: "${params.label}" } }
            """,
            overrides: ["params.count": "many", "params.lable": "x", "count": "3", "params.label": "[a, b"],
            [
                "--set count: unknown parameter 'count' of the pipeline; did you mean 'params.count'?",
                "--set params.count: stage 'a': parameter 'count': expected an integer from 1 to 1000, found 'many'",
                "--set params.label: invalid YAML: did not find expected ',' or ']' while parsing a flow sequence that starts in line 1",
                "--set params.lable: unknown parameter 'params.lable' of the pipeline; did you mean 'params.label'?",
            ]),
    ]
}
