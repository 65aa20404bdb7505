import Foundation
import Pipelines
import Testing

@Suite struct UTCTimeTests {
    @Test(
        "it is Foundation's calendar, seconds cut off",
        arguments: [0, 951_782_400, 1_764_000_000.9, 4_102_444_799.999, 99_999_999_999, -1.5])
    func foundation(_ seconds: Double) {
        let moment = UTCTime(seconds)
        let expected = Date(timeIntervalSince1970: seconds).formatted(.iso8601)
        #expect("\(moment.day())T\(moment.time())Z" == expected)
    }

    @Test("beyond its years it stays at the last one", arguments: [1e300, .infinity])
    func beyond(_ seconds: Double) {
        #expect(UTCTime(seconds).day() == "5138-11-16")
    }
}
