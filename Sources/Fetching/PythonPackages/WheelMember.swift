import Foundation
import Unpacking

/// A file inside a wheel, which is a zip archive.
package enum WheelMember {
    /// Gives a member's bytes piece by piece. Only the end tells that all of them were right.
    ///
    /// - Throws: `FetchFailure` if there is no such member, or it is damaged or too large; what `take` throws.
    package static func read(
        _ name: String, of wheel: PythonPackageIndex.Wheel, maximumBytes: Int,
        _ take: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        do {
            let archive = try ZipArchive(wheel.file)
            let members = archive.members.filter { $0.name == name }
            guard let member = members.first, members.count == 1 else {
                if members.count > 1 {
                    throw FetchFailure(.refused, "\(wheel.fileName) has \(members.count) members named '\(name)'")
                }
                let names = archive.members.map(\.name).filter { !$0.hasSuffix("/") && !$0.contains(".dist-info/") }
                let list = names.prefix(10).joined(separator: ", ")
                let more = names.count > 10 ? " and \(names.count - 10) more" : ""
                throw FetchFailure(.notFound, "\(wheel.fileName) has no member '\(name)'; it has: \(list)\(more)")
            }
            let size = (try? FileManager.default.attributesOfItem(atPath: wheel.file.path)[.size] as? Int) ?? 0
            var budget = UnpackingBudget(compressed: size, limit: maximumBytes)
            try archive.read(member, &budget, take)
        } catch let problem as UnpackingProblem {
            throw FetchFailure(.refused, "the member '\(name)' of \(wheel.fileName) can't be read: \(problem)")
        }
    }
}
