import Bytes

extension StateChange {
    mutating func apply(_ operation: Action.Operation) throws(StateError) {
        switch operation {
        case .putReference(let reference): try put(reference)
        case .splitReference(let split): try self.split(split)
        case .removeReference(let file, let partition, let rowCount):
            try removeReference(file, partition, rowCount: rowCount)
        case .putPartition(let partition): try put(partition)
        case .removePartition(let id): try removePartition(id)
        case .putJob(let job): try put(job)
        case .removeJob(let id, _): try removeJob(id)
        case .setProperty(let name, let value):
            facts.properties.set(name, value)
            affected = nil
        case .putTag(let name, let tagged):
            guard tagged <= version else { throw error("tag \(name.display) names version \(tagged)") }
            facts.tags[name] = tagged
        case .removeTag(let name):
            guard facts.tags.removeValue(forKey: name) != nil else {
                throw error("tag \(name.display) is removed and does not exist")
            }
        case .condemn(let ids): try condemn(ids)
        case .forget(let ids): try forget(ids)
        case .declareDead(let session): declareDead(session)
        case .forgetSessions(let sessions): try forgetSessions(sessions)
        case .receipt(var receipt):
            receipt.version = version
            receipt.timestamp = transaction.timestamp
            facts.receipts.append(receipt)
        }
    }

    // MARK: Garbage

    private mutating func condemn(_ ids: [FileID]) throws(StateError) {
        for id in ids {
            guard facts.garbage[id] != nil, !isLive(id) else {
                throw error("file \(id) is condemned and is not garbage")
            }
            facts.garbage.condemn(id, at: version)
        }
    }

    private mutating func forget(_ ids: [FileID]) throws(StateError) {
        for id in ids {
            guard let entry = facts.garbage[id] else {
                throw error("file \(id) is forgotten and is not garbage")
            }
            guard entry.condemnedAtVersion != nil else {
                throw error("file \(id) is forgotten and was not condemned")
            }
            facts.garbage.forget(id, at: version)
        }
    }
}
