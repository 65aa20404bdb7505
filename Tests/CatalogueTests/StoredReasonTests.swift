import Catalogue
import Testing

@Suite("Reasons written by earlier versions") struct StoredReasonTests {
    @Test(
        "values of environment variables are cut off, and nothing else",
        arguments: [
            ("environment.TOKEN: s3cret → t0ken", "environment.TOKEN changed"),
            ("with.x: 1 → 2; environment.A: b; c → d; gave the same", "with.x: 1 → 2; environment.A changed"),
            ("environment.A added (s3cret)", "environment.A changed"),
            ("environment.A removed (was s3cret)", "environment.A changed"),
            ("environment.A changed", "environment.A changed"), ("no earlier execution", "no earlier execution"),
            ("with.argv[0]: conda -f environment.yml → conda", "with.argv[0]: conda -f environment.yml → conda"),
            ("with.set.environment.A: 1 → 2", "with.set.environment.A: 1 → 2"),
        ])
    func withoutVariables(_ old: String, _ expected: String) {
        #expect(StoredReason.withoutVariables(old) == expected)
    }
}
