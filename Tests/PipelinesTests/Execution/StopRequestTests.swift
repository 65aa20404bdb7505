import Pipelines
import Testing

@Suite("A request to stop") struct StopRequestTests {
    @Test("it is made once for all, and tells whether somebody listens")
    func listening() {
        let stop = StopRequest()
        #expect(!stop.isMade)
        #expect(!stop.make())
        #expect(stop.isMade)
        let heard = stop.listening { (stop.make(), stop.make(), stop.isMade) }
        #expect(heard == (true, true, true))
        #expect(!stop.make(), "nobody listens any more")
    }
}
