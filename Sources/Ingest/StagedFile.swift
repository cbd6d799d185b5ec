package import Bytes

/// Who copied a file in.
package struct IngestRequester: Hashable, Sendable {
    package var userID: UInt32
    package var groupID: UInt32
    package var processID: Int32

    package init(userID: UInt32, groupID: UInt32, processID: Int32) {
        self.userID = userID
        self.groupID = groupID
        self.processID = processID
    }
}

/// A complete file that waits to be taken into its table. Its bytes do not change any more.
package struct StagedFile: Hashable, Sendable {
    /// Below `ingest/`, as bytes: `date=2024-01-31/flights.csv`.
    package var relativePath: ByteString
    /// Where its bytes are on this machine.
    package var localPath: ByteString
    package var sizeBytes: Int64
    package var requester: IngestRequester

    package init(
        relativePath: ByteString, localPath: ByteString, sizeBytes: Int64, requester: IngestRequester
    ) {
        self.relativePath = relativePath
        self.localPath = localPath
        self.sizeBytes = sizeBytes
        self.requester = requester
    }

    /// The name in receipts and entries: printable UTF-8, everything else percent-encoded.
    package var receiptName: ByteString { PercentEncoding.encodeInvalid(relativePath) }
}
