import Bytes

/// Working memory that is used within one call only, so that all columns of a writer share it.
final class WriteScratch {
    /// Values without gaps, or in their PLAIN form.
    let dense = RawBuffer()
    /// A page before compression.
    var body = ByteWriter()
    /// And after it.
    var compressed: [UInt8] = []
}
