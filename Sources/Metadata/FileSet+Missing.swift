extension FileSet {
    /// Calls `body` with each live file that is not live in the other set, until it returns false.
    ///
    /// Of a segment that both share only those rows are looked at that were removed in the other: the cost is that of
    /// what differs.
    package func forEach(missingIn other: FileSet, _ body: (FileView) -> Bool) {
        let twins = Dictionary(
            other.slots.map { (ObjectIdentifier($0.segment), $0) }, uniquingKeysWith: { first, _ in first })
        var goesOn = true
        for slot in slots where goesOn {
            func look(_ row: Int) {
                guard goesOn, slot.isLive(row) else { return }
                let file = slot.segment[row]
                if !other.contains(file.id) { goesOn = body(file) }
            }
            if let twin = twins[ObjectIdentifier(slot.segment)] {
                twin.removed.forEach(look)
            } else {
                for row in 0..<slot.segment.count where goesOn { look(row) }
            }
        }
    }
}
