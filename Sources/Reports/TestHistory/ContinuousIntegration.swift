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
    /// Whether these are the variables of a CI server, known or not.
    package let isServer: Bool
    /// The server and what it calls this job of this run; nil outside of CI, and where the server doesn't say.
    private var run: (server: String, identifier: String)?

    /// What names this attempt at this job of this run, unique for the server; nil outside of CI, and where the server doesn't say.
    package var name: String? {
        guard let run else { return nil }
        let parts = [run.server, run.identifier] + [job, attempt.map(String.init)].compactMap(\.self)
        return parts.joined(separator: "-")
    }

    /// Nothing outside of CI.
    package init(_ variables: [String: String] = [:]) {
        func first(_ names: [String]) -> String? { names.lazy.compactMap { variables[$0] }.first { !$0.isEmpty } }
        let server = CIServer.all.first { server in server.signs.contains { Self.isSet($0, in: variables) } }
        isServer = server != nil
        guard let server else { return }
        commit = first(server.commit)
        branch = first(server.branch)
        job = first(server.job)
        root = first(server.root)
        url = first(server.url)
        attempt = first(server.attempt).flatMap { Int($0) }.map { $0 + 1 - server.firstAttempt }
        if let part = server.part, let number = variables[part.number],
            let count = variables[part.count].flatMap({ Int($0) }),
            count > 1
        {
            job = [job, "\(number) of \(count)"].compactMap(\.self).joined(separator: " ")
        }
        if url == nil { url = Self.url(server.name, variables) }
        for prefix in ["refs/heads/", "origin/"] where branch?.hasPrefix(prefix) == true {
            branch?.removeFirst(prefix.count)
        }
        if root?.hasPrefix("~/") == true, let home = variables["HOME"] { root = home + (root?.dropFirst(1) ?? "") }
        let identifier = server.identifier.compactMap(first)
        if !identifier.isEmpty { run = (server.name, identifier.joined(separator: "-")) }
    }

    /// How long after its ingestion a run can be taken for that of a job which nothing else names, in seconds.
    package static let jobLimit = 3600.0

    /// What stands for the name of a job where the server doesn't say it: the machine, the folder and the commit.
    package func substitute(host: String, folder: String, commit: String?) -> String? {
        guard isServer, name == nil else { return nil }
        let text = [host, folder, commit ?? ""].joined(separator: "\n")
        return "ci-" + Digest(of: Array(text.utf8)).hex.prefix(12)
    }

    private static func isSet(_ sign: String, in variables: [String: String]) -> Bool {
        if sign.contains("+") { return sign.split(separator: "+").allSatisfy { isSet(String($0), in: variables) } }
        let parts = sign.split(separator: "=", maxSplits: 1)
        guard let value = variables[String(parts[0])] else { return false }
        if parts.count == 2 { return value == parts[1] }
        return !value.isEmpty && !["false", "0", "no", "off"].contains(value.lowercased())
    }

    private static func url(_ server: String, _ variables: [String: String]) -> String? {
        func text(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }
        switch server {
        case "github":
            guard let host = text("GITHUB_SERVER_URL"), let repository = text("GITHUB_REPOSITORY"),
                let run = text("GITHUB_RUN_ID")
            else { return nil }
            return "\(host)/\(repository)/actions/runs/\(run)"
        case "appveyor":
            guard let host = text("APPVEYOR_URL"), let account = text("APPVEYOR_ACCOUNT_NAME"),
                let project = text("APPVEYOR_PROJECT_SLUG"), let build = text("APPVEYOR_BUILD_ID")
            else { return nil }
            return "\(host)/project/\(account)/\(project)/builds/\(build)"
        case "cirrus": return text("CIRRUS_TASK_ID").map { "https://cirrus-ci.com/task/\($0)" }
        default: return nil
        }
    }
}
