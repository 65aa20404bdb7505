import Tensors

/// GGUF's numbers of element types.
enum GGUFTensorType {
    /// - Returns: The element type, or nil if it isn't supported; its name; and the elements and bytes of a block, if known.
    static func described(_ id: UInt32) -> (type: ElementType?, name: String, block: (elements: Int, bytes: Int)?) {
        if let type = supported[id] { return (type, type.rawValue, (type.blockElements, type.blockBytes)) }
        guard let (name, elements, bytes) = others[id] else { return (nil, "number \(id)", nil) }
        return (nil, name, (elements, bytes))
    }

    static func id(_ type: ElementType) -> UInt32 {
        switch type {
        case .f32: 0
        case .f16: 1
        case .q40: 2
        case .q41: 3
        case .q50: 6
        case .q51: 7
        case .q80: 8
        case .q4K: 12
        case .q5K: 13
        case .q6K: 14
        case .bf16: 30
        }
    }

    private static let supported: [UInt32: ElementType] = Dictionary(
        uniqueKeysWithValues: ElementType.allCases.map { (id($0), $0) })

    /// Types that exist and can't be read: name, elements and bytes of a block (gguf 0.19, `GGML_QUANT_SIZES`).
    private static let others: [UInt32: (String, Int, Int)] = [
        9: ("Q8_1", 32, 40), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110), 15: ("Q8_K", 256, 292),
        16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
        20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136),
        24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
        29: ("IQ1_M", 256, 56), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66), 39: ("MXFP4", 32, 17),
        40: ("NVFP4", 64, 36), 41: ("Q1_0", 128, 18),
    ]
}
