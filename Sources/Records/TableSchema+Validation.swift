package import Bytes

extension TableSchema {
    /// The first thing that makes this no schema of a table; nil where it is one.
    package var problem: String? {
        var names = Set<ByteString>()
        var ids = Set<Int>()
        if columns.isEmpty { return "a table has one column at least" }
        for column in columns {
            if let problem = Self.problem(ofName: column.name) { return problem }
            if !names.insert(column.name).inserted { return "the column \(column.name.display) stands twice" }
            if column.id < 1 {
                return "the column \(column.name.display) has id \(column.id); ids begin at 1"
            }
            if !ids.insert(column.id).inserted { return "the id \(column.id) stands twice" }
        }
        if let problem = problem(of: rowKey, as: "rowKey") { return problem }
        if let problem = problem(of: partitionColumns, as: "partitionColumns") { return problem }
        if let name = rowKey.first(where: isPartitionColumn) {
            return
                "\(name.display) is a partition column, the same in all rows of a file: leave it out of rowKey"
        }
        if dataColumns.isEmpty { return "a table has one column at least that is no partition column" }
        return nil
    }

    /// Why a name cannot be a column's.
    package static func problem(ofName name: ByteString) -> String? {
        if name.isEmpty { return "a column has no name" }
        if !name.isUTF8 { return "the column name \(name.display) is not UTF-8" }
        if name.hasPrefix("_firn_") {
            return "the column name \(name.display) begins with _firn_, which is Firn's"
        }
        return nil
    }

    private func problem(of names: [ByteString], as field: String) -> String? {
        var seen = Set<ByteString>()
        for name in names {
            guard let column = column(name) else {
                return "\(field) names \(name.display), which is no column"
            }
            if column.type == .undecided { return "\(field) names \(name.display), whose type is undecided" }
            if !seen.insert(name).inserted { return "\(field) names \(name.display) twice" }
        }
        return nil
    }
}
