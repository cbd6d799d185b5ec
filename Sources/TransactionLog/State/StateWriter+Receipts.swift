import Avro
import Bytes
import Metadata
import Platform

// Receipts come at the end and leave from the front: manifests list stretches of them, in order.
extension StateWriter {
    func writeReceipts(
        _ window: ReceiptWindow, _ policy: ManifestPolicy, _ compaction: Compaction
    ) throws(LogError) -> ReceiptWindow {
        let kept = manifestsToKeep(window, policy, compaction)
        let start =
            kept == window.slots.count ? window.unwritten.lowerBound : window.slots[kept].numbers.lowerBound
        let rest = max(start, window.numbers.lowerBound)..<window.numbers.upperBound
        guard rest.count > ManifestPolicy.inlineLimit else {
            return window.rewritten(keeping: kept, adding: [])
        }
        var added: [ReceiptWindow.Slot] = []
        for range in Self.cuts(rest.count, into: policy.entriesPerManifest) {
            let numbers = (rest.lowerBound + range.lowerBound)..<(rest.lowerBound + range.upperBound)
            let info = try writeReceipts(window.receipts(numbers))
            added.append(ReceiptWindow.Slot(manifest: StoredManifest(info), numbers: numbers))
        }
        return window.rewritten(keeping: kept, adding: added)
    }

    static func isClean(_ window: ReceiptWindow, _ policy: ManifestPolicy) -> Bool {
        let infos = window.infos
        return window.unwritten.count <= ManifestPolicy.inlineLimit
            && infos.allSatisfy { $0.tombstoneCount == 0 } && policy.isFull(infos.map { Int($0.entryCount) })
    }

    /// How many manifests stay, from the first: the others are the small ones at the end, once they are many.
    private func manifestsToKeep(
        _ window: ReceiptWindow, _ policy: ManifestPolicy, _ compaction: Compaction
    ) -> Int {
        switch compaction {
        case .anew: return 0
        case .full: return Self.isClean(window, policy) ? window.slots.count : 0
        case .whereNeeded:
            if window.unwritten.count <= ManifestPolicy.inlineLimit { return window.slots.count }
            let small = window.slots.reversed().prefix {
                policy.isSmall(ManifestPolicy.Count(entries: $0.numbers.count, tombstones: 0))
            }
            return small.count < policy.maxSmallManifests
                ? window.slots.count : window.slots.count - small.count
        }
    }

    private func writeReceipts(_ receipts: [IngestReceipt]) throws(LogError) -> ManifestInfo {
        var file = AvroFileWriter(
            schema: ParsedSchemas.receiptEntry, codec: codec, syncMarker: entropy.bytes(16))
        for receipt in receipts { file.append { receipt.write(to: &$0) } }
        var info = try writeManifest(
            ManifestFile(kind: .receipts, entryCount: receipts.count, bytes: file.finish()))
        info.minAddedAtVersion = receipts.first?.version ?? Version(0)
        info.maxAddedAtVersion = receipts.last?.version ?? Version(0)
        return info
    }
}

extension ReceiptWindow {
    /// The manifests with the counts of this state.
    var infos: [ManifestInfo] {
        slots.compactMap { slot in
            guard let stored = slot.manifest as? StoredManifest else { return nil }
            var info = stored.info
            info.tombstoneCount = Int64(max(0, numbers.lowerBound - slot.numbers.lowerBound))
            info.liveEntryCount = info.entryCount - info.tombstoneCount
            return info
        }
    }
}
