import Foundation
import FuzzTargets

/// `calm-fuzz TARGET [libFuzzer's options and corpora…]`: feeds one reader of foreign bytes with mutations of a corpus.
///
/// A reader may refuse anything, by an error. What ends the process, hangs, takes more memory than `-rss_limit_mb` or reads
/// beyond its bytes is found; libFuzzer, which has the process's `main`, writes the input to a file.
private enum Chosen {
    // Written once, before the first input.
    nonisolated(unsafe) static var target: FuzzTarget?
}

/// Takes the target's name from the arguments, before libFuzzer reads them.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> Int32 {
    let names = FuzzTarget.all.keys.sorted().joined(separator: ", ")
    guard count.pointee > 1, let word = arguments.pointee[1], let make = FuzzTarget.all[String(cString: word)] else {
        FileHandle.standardError.write(Data("usage: calm-fuzz TARGET [options]; targets are \(names)\n".utf8))
        exit(2)
    }
    do {
        Chosen.target = try make()
    } catch {
        FileHandle.standardError.write(Data("\(error)\n".utf8))
        exit(1)
    }
    for index in 1..<Int(count.pointee) { arguments.pointee[index] = arguments.pointee[index + 1] }
    count.pointee -= 1
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    Chosen.target?.run([UInt8](UnsafeBufferPointer(start: data, count: size)))
    return 0
}
