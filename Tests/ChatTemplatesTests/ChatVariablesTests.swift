import ChatTemplates
import JSONReading
import Testing

/// As `apply_chat_template` of transformers 5.24.
@Suite struct ChatVariablesTests {
    private func render(_ template: String, _ conversation: String) throws -> String {
        let members = try #require(try JSONNode(parsing: Array(conversation.utf8)).members)
        return try ChatTemplate(template).render(ChatTemplate.variables(of: members)).text
    }

    @Test("tools and documents are defined, and none if they aren't given")
    func absent() throws {
        let template = "{{ tools is defined }}{{ tools is none }}{{ documents is none }}"
        #expect(try render(template, #"{"messages": []}"#) == "TrueTrueTrue")
        #expect(try render(template, #"{"messages": [], "tools": [1]}"#) == "TrueFalseTrue")
    }

    @Test("a message's members that are null are left out")
    func null() throws {
        let template = "{{ messages[0].content is defined }}{{ messages[0] | tojson }}"
        #expect(
            try render(template, #"{"messages": [{"role": "a", "content": null, "x": {"y": null}}]}"#)
                == #"False{"role": "a", "x": {"y": null}}"#)
    }

    @Test(
        "reasoning is found under the names that templates use",
        arguments: [
            (
                #"{"role": "a", "reasoning": "r"}"#,
                #"{"thinking": "r", "role": "a", "reasoning": "r", "reasoning_content": "r"}"#
            ),
            (#"{"thinking": "t", "role": "a"}"#, #"{"thinking": "t", "role": "a", "reasoning_content": "t"}"#),
            (
                #"{"role": "a", "reasoning_content": "c", "thinking": "t"}"#,
                #"{"role": "a", "reasoning_content": "c", "thinking": "t"}"#
            ),
            (#"{"role": "a", "reasoning_content": "c"}"#, #"{"thinking": "c", "role": "a", "reasoning_content": "c"}"#),
            (#"{"role": "a", "content": "c"}"#, #"{"role": "a", "content": "c"}"#),
        ])
    func reasoning(message: String, expected: String) throws {
        #expect(try render("{{ messages[0] | tojson }}", #"{"messages": [\#(message)]}"#) == expected)
    }
}
