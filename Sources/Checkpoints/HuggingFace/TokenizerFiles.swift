import Foundation
import JSONReading

/// What a model folder says of its tokenizer and of its chat templates. The vocabulary itself isn't read here.
package struct TokenizerFiles: Sendable {
    /// `tokenizer.json`, if it is there.
    package let tokenizerJSON: String?
    /// Other files that vocabularies come in: `tokenizer.model`, `vocab.json`, `merges.txt`, `tekken.json` …
    package let others: [String]
    /// `tokenizer_config.json`.
    package let configuration: JSONNode?
    /// `special_tokens_map.json`.
    package let specialTokens: JSONNode?
    /// The template of name `default` comes first.
    package let chatTemplates: [(name: String, template: String)]

    init(_ files: FolderListing) throws {
        tokenizerJSON = files.path(of: "tokenizer.json")
        others = ["tokenizer.model", "vocab.json", "merges.txt", "tekken.json", "vocab.txt", "added_tokens.json"]
            .compactMap { files.path(of: $0) }
        configuration = try files.path(of: "tokenizer_config.json").map { try Self.object($0) }
        specialTokens = try files.path(of: "special_tokens_map.json").map { try Self.object($0) }
        chatTemplates = try Self.templates(files, configuration)
    }

    /// The text of a special token such as `bos_token`: a string, or an object with `content`.
    package func specialToken(_ name: String) -> String? {
        for json in [configuration, specialTokens].compactMap({ $0 }) {
            if let token = json[name], let text = token.string ?? token["content"]?.string { return text }
        }
        return nil
    }

    private static func object(_ path: String) throws -> JSONNode {
        let json = try readJSON(path)
        guard json.members != nil else { throw CheckpointError(path, "\(json.kind), expected an object") }
        return json
    }

    /// `chat_template.jinja` wins over the key in `tokenizer_config.json`, as in transformers.
    private static func templates(
        _ files: FolderListing, _ configuration: JSONNode?
    ) throws -> [(name: String, template: String)] {
        var templates: [(name: String, template: String)] = []
        if let path = files.path(of: "chat_template.jinja") {
            templates.append(("default", try readText(path)))
        } else if let path = files.path(of: "chat_template.json"),
            let text = try readJSON(path)["chat_template"]?.string
        {
            templates.append(("default", text))
        }
        if let folder = files.path(of: "additional_chat_templates") {
            for name in try FolderListing(folder).names where name.hasSuffix(".jinja") {
                let path = (folder as NSString).appendingPathComponent(name)
                templates.append((String(name.dropLast(".jinja".count)), try readText(path)))
            }
        }
        if templates.isEmpty, let value = configuration?["chat_template"], !value.isNull {
            if let text = value.string {
                templates.append(("default", text))
            } else if let list = value.elements {
                for entry in list {
                    guard let name = entry["name"]?.string, let text = entry["template"]?.string else {
                        throw CheckpointError(
                            files.path(of: "tokenizer_config.json") ?? files.path,
                            "chat_template: expected a list of objects with name and template")
                    }
                    templates.append((name, text))
                }
            } else {
                throw CheckpointError(
                    files.path(of: "tokenizer_config.json") ?? files.path,
                    "chat_template: \(value.kind), expected a string or a list")
            }
        }
        return templates.filter { $0.name == "default" } + templates.filter { $0.name != "default" }
    }
}
