/// What a layer of references says of one of them, seen from the layers below.
enum ReferenceEffect: UInt8, Sendable {
    /// None of the layers below has the reference.
    case insert
    /// The layers below have one that this takes the place of.
    case replace
    /// The layers below have one, which is gone.
    case remove

    /// What it adds to the number of references.
    var gain: Int {
        switch self {
        case .insert: 1
        case .replace: 0
        case .remove: -1
        }
    }

    /// What this and then another come to, seen from below both; nil is nothing.
    func followed(by next: ReferenceEffect) -> ReferenceEffect? {
        switch (self, next) {
        case (.insert, .remove): nil
        case (.insert, _): .insert
        case (_, .remove): .remove
        case (_, _): .replace
        }
    }
}

/// A reference without its key.
struct ReferenceRow: Sendable {
    var effect: ReferenceEffect
    var rowCount: Int64 = 0
    var isEstimated = false
    var version: Version
    var manifest: (any ManifestIdentity)?

    var isLive: Bool { effect != .remove }

    func reference(_ key: ReferenceKey) -> FileReference {
        FileReference(
            file: key.file, partition: key.partition, rowCount: rowCount, isEstimated: isEstimated)
    }
}
