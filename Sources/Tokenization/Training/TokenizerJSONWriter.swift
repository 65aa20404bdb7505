/// Writes a byte-level BPE tokenizer as `tokenizer.json`.
enum TokenizerJSONWriter {
    static func write(
        _ texts: [[UInt8]], _ merges: [(left: Int32, right: Int32)], _ options: ByteLevelTrainer.Options
    ) -> [UInt8] {
        var json: [UInt8] = []
        func add(_ text: String) { json += text.utf8 }
        add("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[")
        for (index, token) in options.controlTokens.enumerated() {
            let id = texts.firstIndex(of: Array(token.utf8)) ?? index
            add(index == 0 ? "" : ",")
            add(
                "{\"id\":\(id),\"content\":\(quoted(token.utf8)),\"single_word\":false,\"lstrip\":false,\"rstrip\":false,"
            )
            add("\"normalized\":false,\"special\":true}")
        }
        add("],\"normalizer\":\(options.normalizes ? "{\"type\":\"NFC\"}" : "null"),")
        add("\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[")
        if options.splitsDigits { add("{\"type\":\"Digits\",\"individual_digits\":true},") }
        if options.pattern == SplitPattern.gpt2Text {
            add("{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":true}]},")
        } else {
            add(
                "{\"type\":\"Split\",\"pattern\":{\"Regex\":\(quoted(options.pattern.utf8))},\"behavior\":\"Isolated\","
            )
            add("\"invert\":false},{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,")
            add("\"use_regex\":false}]},")
        }
        let byteLevel = "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":false,\"use_regex\":true}"
        add("\"post_processor\":\(byteLevel),\"decoder\":\(byteLevel),\"model\":{\"type\":\"BPE\",\"dropout\":null,")
        add("\"unk_token\":null,\"continuing_subword_prefix\":null,\"end_of_word_suffix\":null,\"fuse_unk\":false,")
        add("\"byte_fallback\":false,\"ignore_merges\":false,\"vocab\":{")
        for (id, text) in texts.enumerated() { add("\(id == 0 ? "" : ",")\(quoted(text)):\(id)") }
        add("},\"merges\":[")
        for (index, merge) in merges.enumerated() {
            add("\(index == 0 ? "" : ",")[\(quoted(texts[Int(merge.left)])),\(quoted(texts[Int(merge.right)]))]")
        }
        add("]}}")
        return json
    }

    static func quoted(_ text: some Collection<UInt8>) -> String {
        var result: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                result += "\\u00\(digits.count == 1 ? "0" : "")\(digits)".utf8
            default: result.append(byte)
            }
        }
        result.append(UInt8(ascii: "\""))
        return String(decoding: result, as: UTF8.self)
    }
}
