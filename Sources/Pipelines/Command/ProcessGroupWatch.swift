import Glibc

/// Ends a worker's process group when the worker has gone, however it went.
///
/// A program doesn't notice that its worker was killed, and if the coordinator was killed too, nobody is left to end it. So a
/// shell in the same group waits for the end of a pipe that the worker alone holds open, then kills the group, itself
/// included: the program and its descendants, except those that left the group, as by setsid(1): these the coordinator ends, if it
/// lives.
struct ProcessGroupWatch {
    /// It outlives the signals that ask a group to end.
    private static let script = "trap '' HUP INT TERM; read line; kill -s KILL 0"

    private let shell: pid_t
    /// The pipe's end for writing, to which nothing is written.
    private let pipe: Int32

    /// Nil in a process that leads no group, whose group isn't its to end.
    ///
    /// - Throws: `StageFailure` if the shell can't be started.
    static func ofWorker() throws -> ProcessGroupWatch? {
        getpgrp() == getpid() ? try ProcessGroupWatch() : nil
    }

    private init() throws {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw Self.failure(errno) }
        let (reading, writing) = (ends[0], ends[1])
        defer { close(reading) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, reading, STDIN_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        let words = ["sh", "-c", Self.script]
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        let code = posix_spawn(&process, "/bin/sh", &actions, nil, &arguments, environ)
        guard code == 0 else {
            close(writing)
            throw Self.failure(code)
        }
        (shell, pipe) = (process, writing)
    }

    private static func failure(_ number: Int32) -> StageFailure {
        StageFailure(.failed, "can't start /bin/sh to watch the worker: \(String(cString: strerror(number)))")
    }

    /// Ends the watch, not the group.
    func end() {
        kill(shell, SIGKILL)
        while waitpid(shell, nil, 0) < 0, errno == EINTR {}
        close(pipe)
    }
}
