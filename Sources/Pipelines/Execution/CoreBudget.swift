/// The cores of a run and how many of them its running stages hold.
struct CoreBudget: Sendable {
    let cores: Int
    /// The most stages at once.
    let jobs: Int
    private(set) var used = 0
    private(set) var running = 0

    /// - Precondition: both are positive.
    init(cores: Int, jobs: Int) {
        precondition(cores > 0 && jobs > 0, "a run needs a core and a job, not \(cores) and \(jobs)")
        self.cores = cores
        self.jobs = jobs
    }

    /// The number of threads for a stage that starts now, or nil if it has to wait.
    mutating func take(_ demand: CoreDemand) -> Int? {
        let threads =
            switch demand {
            case .one: 1
            case .upTo(let most): max(1, min(most, cores))
            }
        guard running < jobs, used + threads <= cores else { return nil }
        used += threads
        running += 1
        return threads
    }

    mutating func giveBack(_ threads: Int) {
        used -= threads
        running -= 1
    }
}
