import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports
import Tensors

/// A reader of foreign bytes.
package struct FuzzTarget {
    package let run: ([UInt8]) -> Void

    /// Everything that reads what calm didn't write just now.
    package static let all = storeReaders.merging(tokenizers) { $1 }.merging(models) { $1 }
        .merging(fetching) { $1 }.merging(catalogues) { $1 }

    private static let storeReaders: [String: @Sendable () throws -> FuzzTarget] = [
        "pipeline": pipeline, "object": object, "safetensors": safetensors, "record": record, "manifest": manifest,
        "junit": junit, "archive": archive, "where": filter, "event": event,
    ]

    private static func pipeline() -> FuzzTarget {
        let registry = StageRegistry([CommandStage.self])
        return FuzzTarget { bytes in
            _ = try? PipelineLoader().load(text: String(decoding: bytes, as: UTF8.self), registry: registry)
        }
    }

    private static func safetensors() -> FuzzTarget {
        FuzzTarget { bytes in
            guard let file = try? SafetensorsFile(Data(bytes)) else { return }
            for name in file.names {
                guard let entry = file[name] else { fatalError("tensor \(name) is listed and not there") }
                if entry.type == .f32 { _ = try? file.floats(name) }
            }
        }
    }

    private static func manifest() -> FuzzTarget {
        FuzzTarget { bytes in
            guard let json = try? JSONValue(parsing: bytes) else { return }
            let text = json.canonical
            guard let again = try? JSONValue(parsing: text.utf8), again.canonical == text else {
                fatalError("canonical JSON isn't read back: \(text)")
            }
            guard let manifest = try? Manifest(json: json) else { return }
            guard (try? Manifest(json: manifest.json)) == manifest else {
                fatalError("a manifest isn't read back: \(text)")
            }
        }
    }

    private static func event() -> FuzzTarget {
        FuzzTarget { bytes in
            guard let event = WorkerEvent(line: String(decoding: bytes, as: UTF8.self)) else { return }
            guard let again = WorkerEvent(line: event.line), again.line == event.line else {
                fatalError("an event isn't read back: \(event.line)")
            }
        }
    }

    /// Also whether SQLite takes the query, whatever it is.
    private static func filter() throws -> FuzzTarget {
        let store = try FuzzStore()
        let catalogue = try Catalogue(store: store.store)
        return FuzzTarget { bytes in
            guard let filter = try? RunFilter(String(decoding: bytes, as: UTF8.self), now: 1.8e9) else { return }
            do {
                _ = try catalogue.runs(where: filter, limit: 1)
            } catch {
                fatalError("\(filter): \(error)")
            }
        }
    }

    /// An LZ4 frame in the place of an object.
    private static func object() throws -> FuzzTarget {
        let store = try FuzzStore()
        let digest = Digest(of: Data("fuzz".utf8))
        return FuzzTarget { bytes in
            store.write(bytes, to: store.store.objectURL(digest))
            _ = try? store.store.data(digest, expecting: bytes.count % 2 == 0 ? nil : 4 << 20)
            store.write(bytes, to: store.store.objectURL(digest))
            _ = try? store.store.manifest(digest)
        }
    }

    /// An execution record whose checksum is right.
    private static func record() throws -> FuzzTarget {
        let store = try FuzzStore()
        let key = Digest(of: Data(#"{"kind":"a"}"#.utf8))
        return FuzzTarget { bytes in
            let sum = Digest(of: [UInt8(ascii: "{")] + bytes).hex
            store.write(Array(#"{"checksum":"\#(sum)","#.utf8) + bytes, to: store.store.executionURL(key))
            guard let record = try? store.store.readExecution(key) else { return }
            try? store.store.publish(record)
            guard let again = try? store.store.readExecution(key), again.json == record.json else {
                fatalError("a record isn't read back")
            }
        }
    }

    private static func junit() throws -> FuzzTarget {
        let store = try FuzzStore()
        let file = store.store.root.appendingPathComponent("report.xml")
        return FuzzTarget { bytes in
            store.write(bytes, to: file)
            _ = try? JUnitReader.read(file, again: {}, { _ in })
        }
    }

    /// An archive whose own checksums are right.
    private static func archive() throws -> FuzzTarget {
        let store = try FuzzStore()
        let file = store.store.root.appendingPathComponent("archive.tar")
        return FuzzTarget { bytes in
            store.write(ArchiveRepair.repaired(bytes), to: file)
            guard (try? store.store.importArchive(file, limit: 1 << 20)) != nil else { return }
            guard (try? store.store.verify())?.isSound == true else { fatalError("an import left damage") }
            store.empty()
        }
    }
}
