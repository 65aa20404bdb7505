import Artifacts

/// How long work went, step by step: what `telemetry/` keeps of an execution, thinned to some hundreds of points.
///
/// ```
/// {"calm": "telemetry", "format": 1, "unit": "steps", "total": 1800,
///  "points": [{"completed": 4, "seconds": 0.05, "loss": 2.1, "learning-rate": 0.0004, "tokens-per-second": 61000}, …],
///  "evaluations": [{"completed": 90, "name": "validation loss", "value": 1.9}, …]}
/// ```
package struct StageTelemetry: Hashable, Sendable {
    /// Means over the steps since the point before.
    package struct Point: Hashable, Sendable {
        /// The last of its steps.
        package var completed: Int
        /// Since the work began, without evaluations and without pauses between a kill and the run that went on.
        package var seconds: Double
        package var loss: Double?
        package var learningRate: Double?
        package var tokensPerSecond: Double?
        /// The share of scored tokens that the model would have chosen.
        package var accuracy: Double?
    }

    /// A measurement on other data while the work was under way.
    package struct Evaluation: Hashable, Sendable {
        package var completed: Int
        package var name: String
        package var value: Double

        package init(completed: Int, name: String, value: Double) {
            self.completed = completed
            self.name = name
            self.value = value
        }
    }

    /// What one step reports.
    package struct Step: Hashable, Sendable {
        package var loss: Double
        package var learningRate: Double
        package var tokens: Int
        package var accuracy: Double?
        /// Since this process began the work, without evaluations.
        package var elapsed: Double

        package init(loss: Double, learningRate: Double, tokens: Int, accuracy: Double?, elapsed: Double) {
            self.loss = loss
            self.learningRate = learningRate
            self.tokens = tokens
            self.accuracy = accuracy
            self.elapsed = elapsed
        }
    }

    package static let maximumPoints = 500

    package var unit: String
    package var total: Int
    package private(set) var points: [Point] = []
    package private(set) var evaluations: [Evaluation] = []

    /// Steps taken since the last point.
    private var open: [Step] = []
    /// The seconds of earlier processes.
    private var before = 0.0

    package init(unit: String, total: Int) {
        self.unit = unit
        self.total = total
    }

    /// What an earlier process that was cut short left of the first `completed` steps.
    package init?(continuing file: [UInt8], from completed: Int, total: Int) {
        guard let earlier = StageTelemetry(file: file), earlier.total == total else { return nil }
        self = earlier
        points.removeAll { $0.completed > completed }
        evaluations.removeAll { $0.completed > completed }
        before = points.last?.seconds ?? 0
    }

    /// How many steps a point stands for.
    private var stride: Int { max(1, (total + Self.maximumPoints - 1) / Self.maximumPoints) }

    package mutating func add(_ step: Step, completed: Int) {
        open.append(step)
        if completed % stride == 0 || completed == total { close(completed) }
    }

    package mutating func add(_ evaluation: Evaluation) {
        guard evaluations.count < 4 * Self.maximumPoints else { return }
        evaluations.append(evaluation)
    }

    private mutating func close(_ completed: Int) {
        guard let last = open.last else { return }
        let count = Double(open.count)
        let seconds = before + last.elapsed
        let span = seconds - (points.last?.seconds ?? before)
        let accuracies = open.compactMap(\.accuracy)
        points.append(
            Point(
                completed: completed, seconds: seconds, loss: open.reduce(0) { $0 + $1.loss } / count,
                learningRate: last.learningRate,
                tokensPerSecond: span > 0 ? Double(open.reduce(0) { $0 + $1.tokens }) / span : nil,
                accuracy: accuracies.isEmpty ? nil : accuracies.reduce(0, +) / Double(accuracies.count)))
        open = []
    }
}

extension StageTelemetry {
    private static let format = 1

    package var json: JSONValue {
        .object([
            "calm": .string("telemetry"), "format": .int(Self.format), "unit": .string(unit), "total": .int(total),
            "points": .array(
                points.map { point in
                    var fields: [String: JSONValue] = [
                        "completed": .int(point.completed), "seconds": .double(point.seconds),
                    ]
                    for (name, value) in [
                        ("loss", point.loss), ("learning-rate", point.learningRate),
                        ("tokens-per-second", point.tokensPerSecond), ("accuracy", point.accuracy),
                    ] {
                        if let value, value.isFinite { fields[name] = .double(value) }
                    }
                    return .object(fields)
                }),
            "evaluations": .array(
                evaluations.filter(\.value.isFinite).map {
                    .object([
                        "completed": .int($0.completed), "name": .string($0.name), "value": .double($0.value),
                    ])
                }),
        ])
    }

    /// Nil if it isn't telemetry, or that of a newer calm.
    package init?(file: [UInt8]) {
        guard let fields = (try? JSONValue(parsing: file))?.members, fields["calm"]?.text == "telemetry",
            fields["format"]?.integer == Self.format, let unit = fields["unit"]?.text,
            let total = fields["total"]?.integer, case .array(let points) = fields["points"],
            case .array(let evaluations) = fields["evaluations"]
        else { return nil }
        self.init(unit: unit, total: total)
        self.points = points.compactMap { value in
            guard let fields = value.members, let completed = fields["completed"]?.integer,
                let seconds = fields["seconds"]?.number
            else { return nil }
            return Point(
                completed: completed, seconds: seconds, loss: fields["loss"]?.number,
                learningRate: fields["learning-rate"]?.number,
                tokensPerSecond: fields["tokens-per-second"]?.number, accuracy: fields["accuracy"]?.number)
        }
        self.evaluations = evaluations.compactMap { value in
            guard let fields = value.members, let completed = fields["completed"]?.integer,
                let name = fields["name"]?.text, let number = fields["value"]?.number
            else { return nil }
            return Evaluation(completed: completed, name: name, value: number)
        }
    }
}
