/// The variables by which a CI server tells a job what it is.
///
/// Of several variables, the first that is set counts. An identifier is made of all of its parts.
struct CIServer: Sendable {
    let name: String
    /// One of these is set in each of its jobs; `NAME=VALUE` asks for a value, `ONE+OTHER` for both.
    let signs: [String]
    /// What is unique for a job of a run, a part each.
    let identifier: [[String]]
    var commit: [String] = []
    var branch: [String] = []
    var job: [String] = []
    /// The number of one of several parallel jobs that share all else, and of how many it is one.
    var part: (number: String, count: String)?
    var attempt: [String] = []
    /// The first attempt's number.
    var firstAttempt = 1
    var root: [String] = []
    var url: [String] = []

    /// In order: some servers set the variables of others, too.
    static let all: [CIServer] = [
        CIServer(
            name: "github", signs: ["GITHUB_ACTIONS", "GITHUB_RUN_ID"], identifier: [["GITHUB_RUN_ID"]],
            commit: ["GITHUB_SHA"], branch: ["GITHUB_HEAD_REF", "GITHUB_REF_NAME"], job: ["GITHUB_JOB"],
            attempt: ["GITHUB_RUN_ATTEMPT"], root: ["GITHUB_WORKSPACE"]),
        CIServer(
            name: "woodpecker", signs: ["CI=woodpecker", "CI_SYSTEM_NAME=woodpecker"],
            identifier: [["CI_REPO"], ["CI_PIPELINE_NUMBER", "CI_BUILD_NUMBER"], ["CI_WORKFLOW_NUMBER"]],
            commit: ["CI_COMMIT_SHA"], branch: ["CI_COMMIT_SOURCE_BRANCH", "CI_COMMIT_BRANCH"],
            job: ["CI_WORKFLOW_NAME"],
            root: ["CI_WORKSPACE"], url: ["CI_PIPELINE_URL", "CI_BUILD_LINK"]),
        // Harness sets Drone's variables.
        CIServer(
            name: "drone", signs: ["DRONE"],
            identifier: [["DRONE_REPO"], ["DRONE_BUILD_NUMBER"], ["DRONE_STAGE_NUMBER"]],
            commit: ["DRONE_COMMIT_SHA", "DRONE_COMMIT"], branch: ["DRONE_SOURCE_BRANCH", "DRONE_COMMIT_BRANCH"],
            job: ["DRONE_STAGE_NAME"], root: ["DRONE_WORKSPACE"], url: ["DRONE_BUILD_LINK"]),
        // A job that is retried has a new identifier, and no number of its attempt.
        CIServer(
            name: "gitlab", signs: ["GITLAB_CI", "CI_COMMIT_SHA"], identifier: [["CI_JOB_ID", "CI_PIPELINE_ID"]],
            commit: ["CI_COMMIT_SHA"],
            branch: ["CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_BRANCH", "CI_COMMIT_REF_NAME"],
            job: ["CI_JOB_NAME"], root: ["CI_PROJECT_DIR"], url: ["CI_JOB_URL"]),
        CIServer(
            name: "circleci", signs: ["CIRCLECI"], identifier: [["CIRCLE_BUILD_NUM"]], commit: ["CIRCLE_SHA1"],
            branch: ["CIRCLE_BRANCH"], job: ["CIRCLE_JOB"], part: ("CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL"),
            root: ["CIRCLE_WORKING_DIRECTORY"], url: ["CIRCLE_BUILD_URL"]),
        CIServer(
            name: "buildkite", signs: ["BUILDKITE"],
            identifier: [["BUILDKITE_BUILD_ID", "BUILDKITE_BUILD_NUMBER"]], commit: ["BUILDKITE_COMMIT"],
            branch: ["BUILDKITE_BRANCH"], job: ["BUILDKITE_STEP_KEY", "BUILDKITE_LABEL"],
            part: ("BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT"), attempt: ["BUILDKITE_RETRY_COUNT"],
            firstAttempt: 0, root: ["BUILDKITE_BUILD_CHECKOUT_PATH"], url: ["BUILDKITE_BUILD_URL"]),
        CIServer(
            name: "azure", signs: ["TF_BUILD"], identifier: [["BUILD_BUILDID"]], commit: ["BUILD_SOURCEVERSION"],
            branch: ["SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH", "BUILD_SOURCEBRANCHNAME"],
            job: ["SYSTEM_JOBDISPLAYNAME", "AGENT_JOBNAME", "SYSTEM_JOBNAME"],
            attempt: ["SYSTEM_JOBATTEMPT"],
            root: ["BUILD_SOURCESDIRECTORY"]),
        CIServer(
            name: "travis", signs: ["TRAVIS"], identifier: [["TRAVIS_JOB_ID", "TRAVIS_JOB_NUMBER", "TRAVIS_BUILD_ID"]],
            commit: ["TRAVIS_PULL_REQUEST_SHA", "TRAVIS_COMMIT"],
            branch: ["TRAVIS_PULL_REQUEST_BRANCH", "TRAVIS_BRANCH"],
            job: ["TRAVIS_JOB_NAME"], root: ["TRAVIS_BUILD_DIR"], url: ["TRAVIS_JOB_WEB_URL", "TRAVIS_BUILD_WEB_URL"]),
        CIServer(
            name: "appveyor", signs: ["APPVEYOR"], identifier: [["APPVEYOR_JOB_ID", "APPVEYOR_BUILD_ID"]],
            commit: ["APPVEYOR_PULL_REQUEST_HEAD_COMMIT", "APPVEYOR_REPO_COMMIT"],
            branch: ["APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH", "APPVEYOR_REPO_BRANCH"], job: ["APPVEYOR_JOB_NAME"],
            root: ["APPVEYOR_BUILD_FOLDER"]),
        CIServer(
            name: "bitbucket", signs: ["BITBUCKET_BUILD_NUMBER"],
            identifier: [["BITBUCKET_REPO_FULL_NAME"], ["BITBUCKET_BUILD_NUMBER"], ["BITBUCKET_STEP_UUID"]],
            commit: ["BITBUCKET_COMMIT"], branch: ["BITBUCKET_BRANCH"],
            part: ("BITBUCKET_PARALLEL_STEP", "BITBUCKET_PARALLEL_STEP_COUNT"), attempt: ["BITBUCKET_STEP_RUN_NUMBER"],
            root: ["BITBUCKET_CLONE_DIR"]),
        CIServer(
            name: "cirrus", signs: ["CIRRUS_CI"], identifier: [["CIRRUS_TASK_ID", "CIRRUS_BUILD_ID"]],
            commit: ["CIRRUS_CHANGE_IN_REPO"], branch: ["CIRRUS_BRANCH"], job: ["CIRRUS_TASK_NAME"],
            root: ["CIRRUS_WORKING_DIR"]),
        CIServer(
            name: "semaphore", signs: ["SEMAPHORE"], identifier: [["SEMAPHORE_JOB_ID", "SEMAPHORE_WORKFLOW_ID"]],
            commit: ["SEMAPHORE_GIT_SHA"],
            branch: ["SEMAPHORE_GIT_PR_BRANCH", "SEMAPHORE_GIT_WORKING_BRANCH", "SEMAPHORE_GIT_BRANCH"],
            job: ["SEMAPHORE_JOB_NAME"]),
        CIServer(
            name: "codebuild", signs: ["CODEBUILD_BUILD_ID"], identifier: [["CODEBUILD_BUILD_ID"]],
            commit: ["CODEBUILD_RESOLVED_SOURCE_VERSION"], branch: ["CODEBUILD_WEBHOOK_HEAD_REF"],
            job: ["CODEBUILD_BATCH_BUILD_IDENTIFIER"], root: ["CODEBUILD_SRC_DIR"], url: ["CODEBUILD_BUILD_URL"]),
        CIServer(
            name: "teamcity", signs: ["TEAMCITY_VERSION"],
            identifier: [["TEAMCITY_PROJECT_NAME"], ["BUILD_NUMBER"]], commit: ["BUILD_VCS_NUMBER"],
            job: ["TEAMCITY_BUILDCONF_NAME"], url: ["BUILD_URL"]),
        CIServer(
            name: "bamboo", signs: ["bamboo_buildResultKey"], identifier: [["bamboo_buildResultKey"]],
            commit: ["bamboo_planRepository_revision"], branch: ["bamboo_planRepository_branchName"],
            job: ["bamboo_shortJobName"], root: ["bamboo_build_working_directory"], url: ["bamboo_resultsUrl"]),
        CIServer(
            name: "bitrise", signs: ["BITRISE_IO", "BITRISE_BUILD_SLUG"],
            identifier: [["BITRISE_BUILD_SLUG", "BITRISE_BUILD_NUMBER"]],
            commit: ["BITRISE_GIT_COMMIT", "GIT_CLONE_COMMIT_HASH"],
            branch: ["BITRISE_GIT_BRANCH"], job: ["BITRISE_TRIGGERED_WORKFLOW_ID"], root: ["BITRISE_SOURCE_DIR"],
            url: ["BITRISE_BUILD_URL"]),
        CIServer(
            name: "codefresh", signs: ["CF_BUILD_ID"], identifier: [["CF_BUILD_ID"]], commit: ["CF_REVISION"],
            branch: ["CF_BRANCH"], job: ["CF_PIPELINE_NAME"], root: ["CF_VOLUME_PATH"], url: ["CF_BUILD_URL"]),
        CIServer(
            name: "gocd", signs: ["GO_PIPELINE_COUNTER"],
            identifier: [["GO_PIPELINE_NAME"], ["GO_PIPELINE_COUNTER"], ["GO_STAGE_NAME"]], commit: ["GO_REVISION"],
            job: ["GO_JOB_NAME"], attempt: ["GO_STAGE_COUNTER"]),
        CIServer(
            name: "prow", signs: ["PROW_JOB_ID"], identifier: [["PROW_JOB_ID"]],
            commit: ["PULL_PULL_SHA", "PULL_BASE_SHA"],
            branch: ["PULL_HEAD_REF", "PULL_BASE_REF"], job: ["JOB_NAME"]),
        CIServer(
            name: "jenkins", signs: ["JENKINS_URL", "BUILD_NUMBER+JOB_NAME"],
            identifier: [["BUILD_TAG", "BUILD_NUMBER"]], commit: ["GIT_COMMIT"],
            branch: ["BRANCH_NAME", "GIT_BRANCH"], job: ["JOB_NAME"],
            root: ["WORKSPACE"], url: ["BUILD_URL"]),
        // Any other says at least that it is one, and most number their jobs.
        CIServer(
            name: "ci", signs: ["CI", "CONTINUOUS_INTEGRATION"],
            identifier: [
                [
                    "CI_JOB_ID", "JOB_ID", "CI_BUILD_ID", "BUILD_ID", "BUILD_UUID", "CI_RUN_ID", "RUN_ID",
                    "CI_PIPELINE_ID",
                    "PIPELINE_ID", "CI_BUILD_NUMBER", "CI_BUILD_URL", "BUILD_URL",
                ]
            ],
            commit: ["CI_COMMIT_ID", "COMMIT_SHA", "COMMIT_REF", "GIT_COMMIT"],
            branch: ["CI_BRANCH", "BRANCH_NAME", "GIT_BRANCH"], job: ["CI_JOB_NAME", "JOB_NAME"],
            url: ["CI_BUILD_URL", "BUILD_URL"]),
    ]
}
