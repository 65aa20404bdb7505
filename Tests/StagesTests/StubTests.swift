import Testing

@Test func stubStagesTests() { #expect(Bool(true)) }
