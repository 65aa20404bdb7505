import Foundation

/// Which sign of a report's numbers is the decimal one where three digits follow a comma, as in `1,234`.
enum DecimalComma {
    /// It hasn't been asked yet: `1,234` can't be read.
    case undecided
    case decimal, thousands
}

/// A report's way of writing a duration.
enum JUnitTime: Equatable {
    case seconds(Double)
    /// Nothing is written.
    case none
    /// What is written is no duration: words, negative and infinite numbers.
    case unknown
    /// `1,234` and the like, whose comma isn't decided.
    case ambiguous

    /// Seconds as reports write them: `1.25`, `1.5e-05`; with separators of thousands and decimal commas (`1,234.5`,
    /// `1.234,5`, `1 234,5`, `1'234.5`); with units (`12ms`, `2m 3s`, `3 min`); of a clock (`00:01:02.5`); of ISO 8601
    /// (`PT1M2.5S`).
    init(_ text: UnsafePointer<CChar>, _ comma: DecimalComma) {
        if text.pointee == 0 {
            self = .none
            return
        }
        var end: UnsafeMutablePointer<CChar>?
        let value = strtod(text, &end)
        if let end, end != UnsafeMutablePointer(mutating: text), end.pointee == 0 {
            self = value.isFinite && value >= 0 ? .seconds(value) : .unknown
            return
        }
        var parser = JUnitDuration(String(cString: text), comma)
        let seconds = parser.seconds()
        if parser.isBlank {
            self = .none
        } else if parser.isAmbiguous {
            self = .ambiguous
        } else if let seconds, seconds.isFinite, seconds >= 0 {
            self = .seconds(seconds)
        } else {
            self = .unknown
        }
    }
}

extension JUnitTime {
    /// Of an attribute that is named for another unit, such as `duration-ms`, unless the text has a unit of its own.
    func inUnits(_ unit: Double, of text: String) -> JUnitTime {
        switch self {
        case .seconds(let seconds): text.last?.isLetter == true || text.contains(":") ? self : .seconds(seconds * unit)
        // Whatever has such a name need not be a duration.
        case .unknown: .none
        case .none, .ambiguous: self
        }
    }
}

/// Seconds as reports have them: three decimals and no exponent, as Jenkins' schema asks.
func junitTime(_ seconds: Double) -> String {
    // Not by a format, which costs more than the rest of a case.
    let milliseconds = Int((max(0, min(seconds, 1e12)) * 1000).rounded())
    let rest = String(milliseconds % 1000)
    return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
}
