import Reports
import Testing

@Suite("What CI servers say of their jobs") struct ContinuousIntegrationTests {
    private static let servers: [([String: String], name: String, job: String?)] = [
        (["TRAVIS": "true", "CI": "true", "TRAVIS_JOB_ID": "7", "TRAVIS_JOB_NAME": "j"], "travis-7-j", "j"),
        (
            [
                "TEAMCITY_VERSION": "2024", "TEAMCITY_PROJECT_NAME": "p", "TEAMCITY_BUILDCONF_NAME": "j",
                "BUILD_NUMBER": "7",
                "JOB_NAME": "x",
            ], "teamcity-p-7-j", "j"
        ),
        (
            [
                "DRONE": "true", "CI": "true", "DRONE_REPO": "o/r", "DRONE_BUILD_NUMBER": "7",
                "DRONE_STAGE_NUMBER": "1",
                "DRONE_STAGE_NAME": "j", "CI_COMMIT_SHA": "c",
            ], "drone-o/r-7-1-j", "j"
        ),
        (
            [
                "CI": "woodpecker", "CI_REPO": "o/r", "CI_PIPELINE_NUMBER": "7", "CI_WORKFLOW_NUMBER": "1",
                "CI_COMMIT_SHA": "c",
                "CI_WORKFLOW_NAME": "j",
            ], "woodpecker-o/r-7-1-j", "j"
        ),
        (["BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_STEP_UUID": "{u}", "CI": "true"], "bitbucket-7-{u}", nil),
        (["APPVEYOR": "True", "CI": "True", "APPVEYOR_JOB_ID": "7", "APPVEYOR_JOB_NAME": "j"], "appveyor-7-j", "j"),
        (["CIRRUS_CI": "true", "CI": "true", "CIRRUS_TASK_ID": "7", "CIRRUS_TASK_NAME": "j"], "cirrus-7-j", "j"),
        (
            ["SEMAPHORE": "true", "CI": "true", "SEMAPHORE_JOB_ID": "7", "SEMAPHORE_JOB_NAME": "j"], "semaphore-7-j",
            "j"
        ),
        (["CODEBUILD_BUILD_ID": "p:7", "CI": "true"], "codebuild-p:7", nil),
        // Nodes of one job are jobs of their own.
        (
            [
                "CIRCLECI": "true", "CIRCLE_BUILD_NUM": "7", "CIRCLE_JOB": "j", "CIRCLE_NODE_INDEX": "1",
                "CIRCLE_NODE_TOTAL": "4",
            ], "circleci-7-j 1 of 4", "j 1 of 4"
        ),
        (
            [
                "CIRCLECI": "true", "CIRCLE_BUILD_NUM": "7", "CIRCLE_JOB": "j", "CIRCLE_NODE_INDEX": "0",
                "CIRCLE_NODE_TOTAL": "1",
            ], "circleci-7-j", "j"
        ),
        (
            [
                "BUILDKITE": "true", "BUILDKITE_BUILD_ID": "7", "BUILDKITE_STEP_KEY": "j",
                "BUILDKITE_PARALLEL_JOB": "0",
                "BUILDKITE_PARALLEL_JOB_COUNT": "2",
            ], "buildkite-7-j 0 of 2", "j 0 of 2"
        ),
        // One that isn't known numbers its jobs, too.
        (["CI": "true", "BUILD_ID": "7"], "ci-7", nil),
    ]

    @Test("each names its jobs", arguments: servers.indices)
    func names(number: Int) {
        let (variables, name, job) = Self.servers[number]
        let found = ContinuousIntegration(variables)
        #expect(found.isServer && found.name == name && found.job == job, "\(found)")
    }

    @Test("where a server doesn't say it, the machine, the folder and the commit do")
    func substitute() throws {
        let found = ContinuousIntegration(["CI": "true"])
        #expect(found.isServer && found.name == nil)
        let name = try #require(found.substitute(host: "h", folder: "/f", commit: "c"))
        #expect(found.substitute(host: "h", folder: "/f", commit: "c") == name)
        let others = [("g", "/f", "c"), ("h", "/g", "c"), ("h", "/f", "d")]
        #expect(others.allSatisfy { found.substitute(host: $0, folder: $1, commit: $2) != name })
        let known = ContinuousIntegration(["CI": "true", "BUILD_ID": "7"])
        #expect(known.substitute(host: "h", folder: "/f", commit: nil) == nil)
    }

    @Test("no server", arguments: [["HOME": "/"], ["CI": "false"], ["CI": ""], ["CI": "0"], ["BUILD_NUMBER": "7"]])
    func none(variables: [String: String]) {
        let found = ContinuousIntegration(variables)
        #expect(!found.isServer && found.name == nil)
        #expect(found.substitute(host: "h", folder: "/f", commit: nil) == nil)
    }
}
