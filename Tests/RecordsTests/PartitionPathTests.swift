import Bytes
import Records
import Testing

struct PartitionPathTests {
    static let values: [(ByteString?, ByteString)] = [
        ("2024-01-31", "d=2024-01-31"), (nil, "d=__HIVE_DEFAULT_PARTITION__"), ("", "d="),
        ("__HIVE_DEFAULT_PARTITION__", "d=%5F_HIVE_DEFAULT_PARTITION__"), ("a/b=c", "d=a%2Fb%3Dc"),
        ("100%", "d=100%25"), ("é x", "d=é x"), ("\u{0}\n", "d=%00%0A"), ("..", "d=.."),
    ]

    @Test("values are escaped as Hive does and read back", arguments: values)
    func component(value: ByteString?, text: ByteString) throws {
        #expect(PartitionPath.component(column: "d", value: value) == text)
        let back = try #require(PartitionPath.parse(component: text))
        #expect(back.column == "d" && back.value == value)
    }

    @Test("a path has a component a column")
    func path() throws {
        let path = PartitionPath.path(columns: ["a", "b/c"], values: ["x=y", nil])
        #expect(path == "a=x%3Dy/b%2Fc=__HIVE_DEFAULT_PARTITION__")
        let back = try #require(PartitionPath.parse(path))
        #expect(back.map(\.column) == ["a", "b/c"] && back.map(\.value) == ["x=y", nil])
        #expect(PartitionPath.path(columns: [], values: []) == "")
        #expect(try #require(PartitionPath.parse("")).isEmpty)
    }

    @Test("a component without a name or a value is none", arguments: ["a", "=x", "a=1//b=2", "a=1/b"])
    func malformed(path: String) {
        #expect(PartitionPath.parse(ByteString(path)) == nil)
    }

    @Test("a stray percent sign stands for itself")
    func stray() {
        #expect(PartitionPath.unescape("5%, %zz%4") == "5%, %zz%4")
    }
}
