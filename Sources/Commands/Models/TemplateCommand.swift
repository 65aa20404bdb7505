import ArgumentParser
import ChatTemplates
import Foundation
import JSONReading
import LanguageModels

struct TemplateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "template",
        abstract: "Render messages by a model's chat template.",
        discussion: """
            Each line of the JSONL file is an object with "messages", and perhaps "tools", "add_generation_prompt", "bos_token" and
            "eos_token" (by default the model's own); it is answered by {"rendered"}, or {"error"} where the template refuses it.

            EXAMPLES
              echo '{"messages": [{"role": "user", "content": "Hi"}]}' | calm template model.gguf
              calm template chat_template.jinja --jsonl chats.jsonl
            """)

    @Argument(
        help: "A model (a .gguf file, a folder with config.json, or one in the store), or a file with a template.",
        completion: .file())
    var source: String

    @OptionGroup var lines: JSONLinesOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let (template, beginning, end) = try loaded()
        let known: Set = ["messages", "tools", "add_generation_prompt", "bos_token", "eos_token"]
        try answerLines(of: lines.jsonl ?? "-", known: known, answers: ["rendered"]) { line in
            var variables = JSONMembers()
            for name in known.sorted() {
                if let value = line.object[name] { _ = variables.append(name, value) }
            }
            _ = variables.append("bos_token", .string(beginning))
            _ = variables.append("eos_token", .string(end))
            _ = variables.append("add_generation_prompt", .bool(false))
            do {
                return [("rendered", .string(try template.render(ChatTemplate.variables(of: variables)).text))]
            } catch {
                return [("error", .string("\(error)"))]
            }
        }
    }

    private func loaded() throws -> (ChatTemplate, beginning: String, end: String) {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: source, isDirectory: &isFolder)
        let text: String
        var (beginning, end) = ("", "")
        if exists, !isFolder.boolValue, !source.hasSuffix(".gguf") {
            guard let data = FileManager.default.contents(atPath: source),
                let decoded = String(validating: data, as: UTF8.self)
            else { throw CommandFailure.notFound("\(source): the file can't be read as UTF-8") }
            text = decoded
        } else {
            let interface = try ModelArgument.text(source, store)
            guard let own = interface.chatTemplate else {
                throw CommandFailure.notFound("\(source): the model has no chat template")
            }
            (text, beginning, end) = (own, interface.beginningText, interface.endText)
        }
        do {
            return (try ChatTemplate(text), beginning, end)
        } catch {
            throw CommandFailure.notFound("\(source): the chat template isn't valid: \(error)")
        }
    }
}
