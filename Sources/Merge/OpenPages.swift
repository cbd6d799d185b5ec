/// Counts what the inputs of one range hold open, and gives their blocks less room where it is more than was expected.
///
/// All cursors of a range run on one thread.
final class OpenPages {
    /// What the footers let expect.
    let expectedBytes: Int
    private(set) var heldBytes = 0
    private(set) var peakBytes = 0

    init(expectedBytes: Int) { self.expectedBytes = expectedBytes }

    func changed(by bytes: Int) {
        heldBytes += bytes
        peakBytes = max(peakBytes, heldBytes)
    }

    /// The share of one of `lanes` that was promised so many bytes.
    func budget(_ promisedBytes: Int, lanes: Int) -> Int {
        max(promisedBytes - max(heldBytes - expectedBytes, 0) / max(lanes, 1), promisedBytes / 8)
    }
}
