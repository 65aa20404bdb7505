import Testing

@Test func stubReportsTests() { #expect(Bool(true)) }
