import Evaluation
import Testing

@Suite struct GradeSchoolMathTests {
    private struct Answer: Decodable {
        let text: String
        let answer: String?
    }

    @Test("answers are those of the official rule")
    func oracle() throws {
        let answers = try Fixture.read("answers.json", as: [Answer].self)
        #expect(answers.count == 27)
        for expected in answers {
            #expect(GradeSchoolMath.answer(in: expected.text) == expected.answer, "'\(expected.text)'")
        }
    }

    @Test(
        "a reference's answer is marked as a solution's is, or else the whole reference",
        arguments: [
            ("20 + 52 = 72\n#### 72", "72"), ("72", "72"), (" 1,234\n", "1234"), ("-5.50", "-5.50"), ("five", nil),
            ("5-3", nil), ("5 apples", nil), ("", nil), ("-", nil), (".,", nil), ("--5", nil), ("-5 -", nil),
        ] as [(String, String?)])
    func references(_ reference: String, _ answer: String?) {
        #expect(GradeSchoolMath.expectedAnswer(in: reference) == answer)
    }

    @Test("the score is the share of right answers in percent; no answer is never right")
    func score() {
        let predictions = [
            Prediction("so\n#### 1,000", references: ["#### 1000"]), Prediction("1000", references: ["1000"]),
            Prediction("#### 7", references: ["#### 5", "7"]), Prediction("", references: ["none"]),
        ]
        let statistics = GradeSchoolMath().statistics(of: predictions)
        #expect(GradeSchoolMath().score(of: statistics) == 50)
        #expect(GradeSchoolMath().sentenceScores(of: statistics) == [100, 0, 100, 0])
    }
}
