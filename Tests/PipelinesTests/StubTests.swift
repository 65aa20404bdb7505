import Testing

@Test func stubPipelinesTests() { #expect(Bool(true)) }
