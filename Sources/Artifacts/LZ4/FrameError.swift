import CLZ4

/// A message of the LZ4 library, or of the checks around it.
struct FrameError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// The result of a library call, unless it is an error.
    static func check(_ result: Int) throws(FrameError) -> Int {
        guard LZ4F_isError(result) == 0 else { throw FrameError(String(cString: LZ4F_getErrorName(result))) }
        return result
    }
}
