import Pipelines

extension StageResult {
    private static let mostReasonLines = 6

    /// The line of a stage that has ended; a failure's message may take more than one.
    func line(nameWidth: Int, _ canvas: Canvas) -> String {
        let mark =
            switch state {
            case .cached: canvas.styled("=", .dim)
            case .executed: canvas.styled(canvas.sign("✓", "+"), .green)
            case .failed: canvas.styled(canvas.sign("✗", "x"), .red)
            case .skipped: canvas.styled("-", .yellow)
            }
        let name = canvas.spelled(name).padded(to: nameWidth)
        let why = canvas.spelled(why)
        let detail: String
        switch state {
        case .cached: detail = canvas.styled("cached", .dim)
        case .executed:
            let time = "run     \(formatted(seconds: seconds))"
            // A reason that has no room stands below: its end may be what matters.
            let room = canvas.columns - name.columns - time.columns - 9
            if why.isEmpty {
                detail = time
            } else if !canvas.isInteractive || why.columns <= room {
                detail = time + "  " + canvas.styled(why, .dim)
            } else {
                let lines = why.wrapped(to: canvas.columns - 7)
                let shown = lines.prefix(Self.mostReasonLines).map { "\n      " + canvas.styled($0, .dim) }
                detail = time + shown.joined() + (lines.count > Self.mostReasonLines ? canvas.sign(" …", " ...") : "")
            }
        case .failed:
            let lines = canvas.spelled(ends(of: failure?.message ?? self.why)).split(
                separator: "\n", omittingEmptySubsequences: false)
            detail = canvas.styled("failed", .red) + "  " + lines.joined(separator: "\n      ")
        case .skipped: detail = canvas.styled("skipped", .yellow) + " " + why
        }
        return "  \(mark) \(name)  \(detail)"
    }

    /// The beginning and the end of a message that would flood a screen; the run's reports have more of it.
    private func ends(of message: String) -> String {
        let limit = 4000
        guard message.count > limit else { return message }
        let left = message.count - limit
        return message.prefix(limit / 2) + "\n… \(counted(left, "character")) left out …\n" + message.suffix(limit / 2)
    }
}

extension GateResult {
    /// The line of a gate that was missed.
    func line(nameWidth: Int, _ canvas: Canvas) -> String {
        "  \(canvas.styled(canvas.sign("✗", "x"), .red)) \(canvas.spelled(stage).padded(to: nameWidth))  "
            + canvas.spelled(
                "gate missed: \(metric) expected \(GateWording(self).expectation), found \(GateWording(self).finding)")
    }
}
