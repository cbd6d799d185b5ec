import CCrypto

/// SHA-256 of bytes that come in pieces. Not for use by two threads at once.
package final class SHA256 {
    package static let digestSize = 32
    private let context: OpaquePointer

    package init() {
        // A context can only be missing where memory is, and the algorithm is part of every libcrypto.
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("libcrypto has no SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    package func update(_ bytes: UnsafeRawBufferPointer) {
        let result = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        precondition(result == 1, "libcrypto cannot hash")
    }

    /// The digest of everything so far; nothing may follow.
    package func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.digestSize) { buffer, count in
            let result = EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
            precondition(result == 1, "libcrypto cannot hash")
            count = Self.digestSize
        }
    }

    package static func digest(_ bytes: [UInt8]) -> [UInt8] {
        let hash = SHA256()
        bytes.withUnsafeBytes { hash.update($0) }
        return hash.finish()
    }
}
