import Artifacts

/// What a CI server's variables say of the run that they are set in.
package struct ContinuousIntegration: Sendable {
    package var commit: String?
    package var branch: String?
    package var job: String?
    package var attempt: Int?
    package var url: String?
    /// The folder of the checkout.
    package var root: String?
    /// The server and its number of this run; nil outside of CI.
    private var run: (server: String, identifier: String)?

    /// What names this attempt at this job of this run, unique for the server; nil outside of CI.
    package var name: String? {
        guard let run else { return nil }
        let parts = [run.server, run.identifier] + [job, attempt.map(String.init)].compactMap(\.self)
        return parts.joined(separator: "-")
    }

    /// Nothing outside of the servers that are known: GitHub, GitLab, Jenkins, CircleCI, Buildkite, Azure.
    package init(_ variables: [String: String] = [:]) {
        func first(_ names: String...) -> String? { names.lazy.compactMap { variables[$0] }.first { !$0.isEmpty } }
        func has(_ name: String) -> Bool { variables[name]?.isEmpty == false }
        var server: String?
        var identifier: String?
        if has("GITHUB_ACTIONS") || has("GITHUB_RUN_ID") {
            (server, identifier) = ("github", first("GITHUB_RUN_ID"))
            commit = first("GITHUB_SHA")
            branch = first("GITHUB_HEAD_REF", "GITHUB_REF_NAME")
            job = first("GITHUB_JOB")
            root = first("GITHUB_WORKSPACE")
            attempt = first("GITHUB_RUN_ATTEMPT").flatMap { Int($0) }
            if let host = first("GITHUB_SERVER_URL"), let repository = first("GITHUB_REPOSITORY"), let identifier {
                url = "\(host)/\(repository)/actions/runs/\(identifier)"
            }
        } else if has("GITLAB_CI") || has("CI_COMMIT_SHA") {
            // A job that is retried has a new identifier, and no number of its attempt.
            (server, identifier) = ("gitlab", first("CI_JOB_ID", "CI_PIPELINE_ID"))
            commit = first("CI_COMMIT_SHA")
            branch = first("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_BRANCH", "CI_COMMIT_REF_NAME")
            job = first("CI_JOB_NAME")
            root = first("CI_PROJECT_DIR")
            url = first("CI_JOB_URL")
        } else if has("CIRCLECI") {
            (server, identifier) = ("circleci", first("CIRCLE_BUILD_NUM"))
            commit = first("CIRCLE_SHA1")
            branch = first("CIRCLE_BRANCH")
            job = first("CIRCLE_JOB")
            root = first("CIRCLE_WORKING_DIRECTORY")
            url = first("CIRCLE_BUILD_URL")
        } else if has("BUILDKITE") {
            (server, identifier) = ("buildkite", first("BUILDKITE_BUILD_ID", "BUILDKITE_BUILD_NUMBER"))
            commit = first("BUILDKITE_COMMIT")
            branch = first("BUILDKITE_BRANCH")
            job = first("BUILDKITE_STEP_KEY", "BUILDKITE_LABEL")
            root = first("BUILDKITE_BUILD_CHECKOUT_PATH")
            attempt = first("BUILDKITE_RETRY_COUNT").flatMap { Int($0) }.map { $0 + 1 }
            url = first("BUILDKITE_BUILD_URL")
        } else if has("TF_BUILD") {
            (server, identifier) = ("azure", first("BUILD_BUILDID"))
            commit = first("BUILD_SOURCEVERSION")
            branch = first("SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH", "BUILD_SOURCEBRANCHNAME")
            job = first("SYSTEM_JOBDISPLAYNAME", "AGENT_JOBNAME", "SYSTEM_JOBNAME")
            root = first("BUILD_SOURCESDIRECTORY")
            attempt = first("SYSTEM_JOBATTEMPT").flatMap { Int($0) }
        } else if has("JENKINS_URL") || (has("BUILD_NUMBER") && has("JOB_NAME")) {
            (server, identifier) = ("jenkins", first("BUILD_TAG", "BUILD_NUMBER"))
            commit = first("GIT_COMMIT")
            branch = first("BRANCH_NAME", "GIT_BRANCH")
            job = first("JOB_NAME")
            root = first("WORKSPACE")
            url = first("BUILD_URL")
        }
        for prefix in ["refs/heads/", "origin/"] where branch?.hasPrefix(prefix) == true {
            branch?.removeFirst(prefix.count)
        }
        if root?.hasPrefix("~/") == true, let home = first("HOME") { root = home + (root?.dropFirst(1) ?? "") }
        if let server, let identifier { run = (server, identifier) }
    }
}
