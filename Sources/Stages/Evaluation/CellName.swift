/// `train[model=a,seed=1]` in its parts.
struct CellName {
    let text: String
    let stage: String
    /// `model=a`
    let axes: [String]

    init(_ text: String) {
        self.text = text
        guard let open = text.firstIndex(of: "["), text.hasSuffix("]") else {
            (stage, axes) = (text, [])
            return
        }
        stage = String(text[..<open])
        axes = text[open...].dropFirst().dropLast().split(separator: ",").map(String.init)
    }

    /// What a row of the cell is called whose axes these are: with one stage the axes alone, if there are any.
    func name(of axes: [String], hasOneStage: Bool) -> String {
        let values = axes.joined(separator: ",")
        return axes.isEmpty ? stage : hasOneStage ? values : "\(stage)[\(values)]"
    }
}
