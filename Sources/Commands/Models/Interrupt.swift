import Foundation
import Synchronization

/// Ctrl-C ends generation behind the token at work, and waiting for input, but not the process; a second one ends that.
enum Interrupt {
    static let isMade = Atomic<Bool>(false)

    static func listen() {
        // Not `signal`, with which a read that waits for input would go on waiting.
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in
            Interrupt.isMade.store(true, ordering: .relaxed)
            signal(SIGINT, SIG_DFL)
        }
        sigaction(SIGINT, &action, nil)
    }
}
