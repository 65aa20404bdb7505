/// Reads `timeout`, `retries` and `resources` of a stage.
enum LimitReading {
    static func limits(
        _ fields: [String: DocumentNode.Entry], _ subject: String, _ collector: inout DiagnosticCollector
    ) -> StageLimits {
        var limits = StageLimits()
        if let entry = fields["timeout"] { limits.timeout = seconds(entry.value, "\(subject): timeout", &collector) }
        if let entry = fields["retries"] { retries(entry.value, subject, &limits, &collector) }
        if let entry = fields["resources"] { resources(entry.value, subject, &limits, &collector) }
        return limits
    }

    private static func retries(
        _ node: DocumentNode, _ subject: String, _ limits: inout StageLimits, _ collector: inout DiagnosticCollector
    ) {
        guard case .mapping = node.content else {
            limits.retries = count(node, "\(subject): retries", in: 0...100, &collector) ?? 0
            return
        }
        guard
            let fields = collector.fields(of: node, "\(subject): 'retries'", valid: ["count", "backoff"])
        else { return }
        if let entry = fields["count"] {
            limits.retries = count(entry.value, "\(subject): retries.count", in: 0...100, &collector) ?? 0
        } else {
            collector.report(node.location, "\(subject): retries: expected 'count:' with a number from 0 to 100")
        }
        if let entry = fields["backoff"] {
            limits.backoff = seconds(entry.value, "\(subject): retries.backoff", &collector) ?? limits.backoff
        }
    }

    private static func resources(
        _ node: DocumentNode, _ subject: String, _ limits: inout StageLimits, _ collector: inout DiagnosticCollector
    ) {
        guard let fields = collector.fields(of: node, "\(subject): 'resources'", valid: ["cores", "memory"]) else {
            return
        }
        if let entry = fields["cores"] {
            limits.cores = count(entry.value, "\(subject): resources.cores", in: 1...1_024, &collector)
        }
        guard let memory = fields["memory"]?.value else { return }
        if case .scalar(let text, _) = memory.content, let size = ByteCount(text), size.bytes >= 1 << 20 {
            limits.memory = size.bytes
        } else {
            collector.report(
                memory.location,
                "\(subject): resources.memory: expected a size of at least 1MiB, such as 500MB or 4GiB, found \(memory.found)"
            )
        }
    }

    private static func count(
        _ node: DocumentNode, _ subject: String, in range: ClosedRange<Int>, _ collector: inout DiagnosticCollector
    ) -> Int? {
        if case .scalar(let text, _) = node.content, let number = Int(text), range.contains(number) { return number }
        collector.report(
            node.location,
            "\(subject): expected a whole number from \(range.lowerBound) to \(range.upperBound), found \(node.found)")
        return nil
    }

    private static func seconds(
        _ node: DocumentNode, _ subject: String, _ collector: inout DiagnosticCollector
    ) -> Double? {
        if case .scalar(let text, _) = node.content, let seconds = plainNumber(text), seconds > 0, seconds <= 1e9 {
            return seconds
        }
        collector.report(
            node.location, "\(subject): expected a number of seconds above 0 and up to 1e9, found \(node.found)")
        return nil
    }
}
