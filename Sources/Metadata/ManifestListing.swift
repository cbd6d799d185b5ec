/// What the manifest writer asks of any set to decide what it writes.
package protocol ManifestListing: Sendable {
    /// What entries, live or dead, stand in, in the order of the state.
    var manifests: [any ManifestIdentity] { get }
    /// How many live entries no manifest lists.
    var unwrittenCount: Int { get }
    /// Keys of which a manifest lists a dead entry.
    var tombstoneCount: Int { get }
    /// The number of dead entries in each of ``manifests``; kept along, not counted.
    func deadCounts() -> [Int]
}
