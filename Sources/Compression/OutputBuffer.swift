extension Array where Element == UInt8 {
    /// Grows the array by what `body` writes into at most `capacity` fresh bytes, without zeroing them.
    ///
    /// `body` returns how many bytes it initialised, from the start; a negative number means none and is
    /// reported as `true`.
    @discardableResult
    mutating func appendInitialized(capacity: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int) -> Bool {
        var failed = false
        append(addingCapacity: capacity) { span in
            span.withUnsafeMutableBufferPointer { buffer, initialized in
                let fresh = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[initialized..<(initialized + capacity)])
                let written = body(fresh)
                failed = written < 0
                initialized += Swift.max(0, written)
            }
        }
        return failed
    }
}
