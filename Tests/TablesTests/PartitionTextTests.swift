import Bytes
import Metadata
import Records
import Tables
import Testing

@Suite("Keys and partitions as text")
struct PartitionTextTests {
    private func keys(_ columns: [(ByteString, ColumnType)]) throws -> KeyText {
        try KeyText(TreeTable(key: columns.map { (name: $0.0, type: $0.1) }).state.definition)
    }

    @Test(
        "the text of a key is read back to the same key",
        arguments: [
            "0,a", "-5,", "7", "7,a%2Cb", "7,100%25", "7,__HIVE_DEFAULT_PARTITION__",
            "__HIVE_DEFAULT_PARTITION__,x",
            "7,%5F_HIVE_DEFAULT_PARTITION__", "7,naïve/ü=1", "7,two%0Alines", "9223372036854775807,~",
        ])
    func keyRoundTrip(_ text: String) throws {
        let keys = try keys([("id", .int64), ("name", .string)])
        let key = try keys.key(ByteString(text))
        #expect(keys.text(key) == ByteString(text))
        #expect(try keys.key(keys.text(key)) == key)
    }

    @Test("bytes that are no key of the columns have a text too, and are read back")
    func rawKey() throws {
        let keys = try keys([("id", .int64)])
        for bytes in [[], [1], [2, 3], [1, 0x80, 0, 0, 0, 0, 0, 0, 1, 0], [0, 0]] as [[UInt8]] {
            let text = keys.text(ByteString(bytes))
            #expect(text.hasPrefix("%x"))
            #expect(try keys.key(text) == ByteString(bytes))
        }
    }

    @Test("a text of another form is readable as well: other spellings of a value are the same key")
    func spellings() throws {
        let keys = try keys([("time", .timestamp(.microsecond, isUTC: true)), ("carrier", .string)])
        #expect(
            try keys.key("2024-01-31T00%3A00%3A00Z,A%41") == keys.key("2024-01-31T00:00:00Z,AA"))
    }

    @Test("what is no key is refused with its column, type and value")
    func refusals() throws {
        let keys = try keys([("id", .int64), ("name", .string)])
        let cases: [(ByteString, String)] = [
            ("x,a", #"column id: "x" is no value of type int64"#),
            ("", #"column id: "" is no value of type int64"#),
            ("1,a,b", #"the key "1,a,b" has 3 values, the table's key 2 (id,name)"#),
            ("1,50%", #"column name: in "50%" a % is not followed by two hexadecimal digits"#),
            ("%x123", "pairs of hexadecimal digits"),
        ]
        for (text, message) in cases {
            let error = #expect(throws: StoreError.self) { try keys.key(text) }
            #expect(error?.message.contains(message) ?? false, "\(String(describing: error))")
        }
        #expect(throws: StoreError.self) { try KeyText(TreeTable(key: []).state.definition) }
        #expect(throws: StoreError.self) { try self.keys([("id", .undecided)]) }
    }

    @Test("every node of a tree has a path that finds it again, and so does its id")
    func paths() throws {
        var table = try TreeTable(partitionColumns: ["day"])
        let (root, _) = TreeTable.root("2024-01-01")
        let (left, right) = try table.split(root, at: table.key("500"), day: "2024-01-01")
        let (low, high) = try table.split(left, at: table.key("250"))
        let text = PartitionPathText(table.state)
        #expect(text.path(of: root) == "day=2024-01-01")
        #expect(text.path(of: right) == "day=2024-01-01/id-from-500")
        #expect(text.path(of: low) == "day=2024-01-01/id-to-500/id-to-250")
        #expect(text.name(of: high) == "id-from-250")
        for id in [root, left, right, low, high] {
            #expect(try text.id(text.path(of: id)) == id)
            #expect(try text.id("partitions/" + text.path(of: id) + "/") == id)
        }
        for id in [left, high] {
            #expect(try text.id(id.name) == id)
            #expect(try text.id("day=2024-01-01/" + id.name) == id)
        }
        #expect(text.path(of: PartitionID("0123456789abcdef")) == "0123456789abcdef")
    }

    @Test("a root is named by its values, in any text of their type, whether it has files or not")
    func roots() throws {
        let text = PartitionPathText(try TreeTable(partitionColumns: ["day"]).state)
        #expect(try text.id("day=2024-01-31") == PartitionID("day=2024-01-31"))
        #expect(
            try text.id("day=__HIVE_DEFAULT_PARTITION__") == PartitionID("day=__HIVE_DEFAULT_PARTITION__"))
        let plain = PartitionPathText(try TreeTable().state)
        for word in ["", ".", "/", "partitions/"] as [ByteString] {
            #expect(try plain.id(word) == PartitionID(""))
        }
    }

    @Test("what names no partition is refused with what would")
    func unknownPaths() throws {
        var table = try TreeTable(partitionColumns: ["day"])
        let (left, _) = try table.split(
            TreeTable.root("2024-01-01").id, at: table.key("500"), day: "2024-01-01")
        _ = left
        let text = PartitionPathText(table.state)
        let cases: [(ByteString, String)] = [
            ("", "it begins with day=…"), ("region=eu", "day=… is expected"),
            ("day=soon", "no value of type date"),
            ("day=2024-01-01/id-to-7", "its parts are id-to-500 and id-from-500"),
            ("day=2024-01-01/id-to-500/id-to-7", "it was not split"),
            ("day=2024-01-02/" + left.name, "it was not split"),
        ]
        for (word, message) in cases {
            let error = #expect(throws: StoreError.self) { try text.id(word) }
            #expect(error?.message.contains(message) ?? false, "\(word): \(String(describing: error))")
        }
    }

    @Test("names are unambiguous whatever stands in columns and values")
    func escaping() throws {
        var table = try TreeTable(key: [("a-to", .string), ("b,c", .string)])
        let (left, right) = try table.split(at: table.key("x/y=1-from-2", "50%,"))
        let text = PartitionPathText(table.state)
        #expect(text.name(of: left) == "a%2Dto,b%2Cc-to-x%2Fy%3D1-from-2,50%25%2C")
        #expect(text.name(of: right) == "a%2Dto,b%2Cc-from-x%2Fy%3D1-from-2,50%25%2C")
        #expect(try text.id(text.path(of: right)) == right)
    }

    @Test("a long name is cut between characters and stays unique; a long path is the root and the id")
    func longNames() throws {
        var table = try TreeTable(key: [("k", .string)], partitionColumns: ["day"])
        var id = TreeTable.root("2024-01-01").id
        var ids: [PartitionID] = []
        for length in 0..<8 {
            let value = String(repeating: "ü", count: 150) + String(repeating: "z", count: length)
            let (left, right) = try table.split(id, at: table.key(value), day: "2024-01-01")
            ids += [left, right]
            id = right
        }
        let text = PartitionPathText(table.state)
        let names = ids.map { text.name(of: $0) }
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.count <= PartitionName.maxBytes && $0.isUTF8 })
        for id in ids { #expect(try text.id(text.path(of: id)) == id) }
        #expect(text.path(of: id) == "day=2024-01-01/" + id.name)
        // Made on the way down, they are the same.
        var paths: [PartitionID: ByteString] = [PartitionID("day=2024-01-01"): "day=2024-01-01"]
        for node in ids {
            let child = try #require(table.state.partitions[node])
            let parent = try #require(child.parent)
            paths[node] = text.path(of: child, named: text.name(of: node), below: try #require(paths[parent]))
        }
        for id in ids { #expect(paths[id] == text.path(of: id)) }
    }
}
