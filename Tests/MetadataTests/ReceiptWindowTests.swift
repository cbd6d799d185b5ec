import Bytes
import Metadata
import TestKit
import Testing

@Suite("The window of receipts")
struct ReceiptWindowTests {
    private final class Manifest: ManifestIdentity {}

    @Test("it is a queue with manifests that list its beginning", arguments: 1...4 as ClosedRange<UInt64>)
    func model(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var window = ReceiptWindow()
        var model: [IngestReceipt] = []
        var listed = 0
        var time: Int64 = 0
        for version in 1...600 {
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                let name = ByteString("\(Int.random(in: 0..<300, using: &random))")
                var receipt = IngestReceipt(name: name, contentHash: "h" + name, rowCount: 1, fileCount: 1)
                receipt.version = Version(Int64(version))
                receipt.timestamp = time
                window.append(receipt)
                model.append(receipt)
            }
            time += Int64.random(in: 0...3, using: &random)
            if version % 7 == 0 {
                let limit = time - 400
                let gone = model.prefix { $0.timestamp < limit }.count
                model.removeFirst(gone)
                listed = max(0, listed - gone)
                window.drop(before: limit)
            }
            if version % 11 == 0, !window.unwritten.isEmpty {
                #expect(window.unwritten.count == model.count - listed)
                window = window.rewritten(
                    keeping: window.slots.count,
                    adding: [ReceiptWindow.Slot(manifest: Manifest(), numbers: window.unwritten)])
                listed = model.count
            }
            #expect(window.count == model.count && window.isEmpty == model.isEmpty)
            #expect(window.unwritten.count == model.count - listed)
            #expect(window.slots.allSatisfy { $0.numbers.upperBound > window.numbers.lowerBound })
            let name = ByteString("\(Int.random(in: 0..<300, using: &random))")
            let expected = model.last { $0.name == name }
            #expect(window.receipt(name: name, contentHash: "h" + name) == expected)
            #expect(window.receipt(contentHash: "h" + name) == expected)
            let some = Version(Int64.random(in: 1...Int64(version), using: &random))
            #expect(window.receipts(of: some) == model.filter { $0.version == some })
        }
        #expect(window.all == model)
    }
}
