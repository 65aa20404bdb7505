import Artifacts
import Foundation

extension StageFailure {
    /// Any error as one clear message; what comes of a full or broken store is told apart.
    package init(describing error: any Error) {
        switch error {
        case let failure as StageFailure: self = failure
        case let error as StoreError where error.code == .damaged || error.code == .missing:
            self.init(.damage, error.message)
        case let error as StoreError: self.init(.store, error.message)
        case let error as PlanningError:
            self.init(.badInput, error.parameter.map { "parameter '\($0)': \(error.message)" } ?? error.message)
        case let error as CocoaError where error.code == .fileWriteOutOfSpace:
            self.init(.store, "\(error.localizedDescription); free some space and run again: finished stages are kept")
        case let error as any LocalizedError: self.init(.failed, error.errorDescription ?? String(describing: error))
        default: self.init(.failed, String(describing: error))
        }
    }
}
