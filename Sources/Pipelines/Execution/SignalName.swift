import Foundation

/// The names of the signals that end processes.
enum SignalName {
    private static let names: [Int32: String] = [
        SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
        SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV",
        SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM", SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ",
        SIGSYS: "SIGSYS",
    ]

    static func of(_ number: Int32) -> String {
        names[number] ?? String(cString: strsignal(number))
    }

    /// What commonly sends the signal, for those that leave no message of their own.
    static func hint(_ number: Int32) -> String {
        switch number {
        case SIGKILL: ": often the kernel, out of memory; give the machine more or the stage less to do"
        case SIGILL, SIGTRAP: ": a failed check in the program"
        case SIGSEGV, SIGBUS: ": a bad memory access"
        default: ""
        }
    }
}
