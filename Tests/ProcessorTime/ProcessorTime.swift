import Glibc

/// The processor time that this thread has used, in seconds: a bound on it says the same on a busy machine.
package func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The processor time that the calls take on this thread, in seconds.
package func processorSeconds<Failure>(of body: () throws(Failure) -> Void) throws(Failure) -> Double {
    let start = processorSeconds()
    try body()
    return processorSeconds() - start
}
