import Bytes
import Metadata

/// The files of some runs in the order of their keys, parted where no key meets another file's.
///
/// A section of one file overlaps nothing: whoever merges the rest need not rewrite it. Afterwards no two files of
/// all the runs share a key, those that stayed out included, so that at every key as few of them lie as if all had
/// been merged. Runs are counted by first fit, which puts files that share no key with each other into one run; two
/// runs always meet at some key (that is why they are two), so there is always a section to merge.
struct KeySections {
    private struct Section {
        var files: [PartitionPicture.File]
        var bytes: Int64
        /// Whether its files are merged; a file that lies apart is not, unless it joins a neighbour.
        var isMerged: Bool
    }

    private var sections: [Section] = []

    init(_ runs: [PartitionPicture.Run]) {
        let files = runs.flatMap(\.files)
        let spans = files.compactMap { file in file.keys.map { (file: file, keys: $0) } }
        // A file of unknown keys may overlap every other.
        guard spans.count == files.count else {
            sections = [Section(files: files, bytes: runs.reduce(0) { $0 + $1.bytes }, isMerged: true)]
            return
        }
        var end: ByteString?
        for (file, keys) in spans.sorted(by: {
            ($0.keys.min, $0.file.sequence, $0.file.id) < ($1.keys.min, $1.file.sequence, $1.file.id)
        }) {
            if let last = end, !(last < keys.min) {
                let place = sections.count - 1
                sections[place].files.append(file)
                sections[place].bytes += file.bytes
                sections[place].isMerged = true
                end = max(last, keys.max)
            } else {
                sections.append(Section(files: [file], bytes: file.bytes, isMerged: false))
                end = keys.max
            }
        }
    }

    /// The files of each merge, in key order of the merges; all as one where nothing is known to overlap.
    ///
    /// Between two merges lies a file that stays: as one job, they would write files across it. A small file that
    /// lies apart joins a merge beside it that is as large as it and not yet of the target size: without that, it
    /// would stay small, and each byte joins files of at least twice its file's size, so rarely.
    func parts(targetFileSize: Int64) -> [[PartitionPicture.File]] {
        func isJoined(_ file: Section, by merge: Section) -> Bool {
            merge.isMerged && merge.bytes < targetFileSize && file.bytes <= merge.bytes
                && file.bytes < targetFileSize / 2
        }
        var joined: [Section] = []
        for section in sections {
            var section = section
            while let last = joined.last,
                (last.isMerged && section.isMerged) || isJoined(section, by: last)
                    || isJoined(last, by: section)
            {
                section = Section(
                    files: last.files + section.files, bytes: last.bytes + section.bytes, isMerged: true)
                joined.removeLast()
            }
            joined.append(section)
        }
        let parts = joined.filter(\.isMerged).map(\.files)
        return parts.isEmpty ? [sections.flatMap(\.files)] : parts
    }
}
