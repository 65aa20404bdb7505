import Foundation
import Synchronization

/// Ctrl-C ends generation behind the block at work, and waiting for input, but not the process; a second one ends that.
enum Interrupt {
    static let isMade = Atomic<Bool>(false)

    static func listen() {
        signal(SIGINT) { _ in
            Interrupt.isMade.store(true, ordering: .relaxed)
            signal(SIGINT, SIG_DFL)
        }
    }
}
