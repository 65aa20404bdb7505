import Pipelines

/// The parameters that all sources share which fetch over a network. None of them changes a result.
struct TransferParameters: Sendable {
    var attempts = 6
    var stallSeconds = 30
    var maximumBytes = 64 << 30
}

/// The parameters of a source that fetches over a network.
protocol TransferringParameters: StageParameters {
    var transfer: TransferParameters { get set }
}

extension TransferringParameters {
    static var transferFields: [ParameterField<Self>] {
        [
            .int(
                "attempts", \.transfer.attempts, in: 1...100,
                "Maximum number of failed attempts in a row, with growing pauses between them"
            ).unkeyed,
            .int(
                "stall-timeout", \.transfer.stallSeconds, in: 1...3600,
                "Seconds after which a transfer that stands still is given up and tried again"
            ).unkeyed,
            .int(
                "maximum-size", \.transfer.maximumBytes, in: 1...(1 << 50),
                "Maximum number of bytes of a file; a larger one is refused"
            ).unkeyed,
        ]
    }
}
