import Bytes
import Testing

@Suite("Bytes as text")
struct TextBytesTests {
    @Test("UTF-8 is told from other bytes as the standard library tells it")
    func utf8() {
        var checked = 0
        for a in stride(from: 0x7E, through: 0xFF, by: 1) {
            for b in [0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF] {
                for c in [[], [0x80], [0xBF], [0x41], [0x80, 0x80], [0xBF, 0xC0]] as [[UInt8]] {
                    let bytes = [UInt8(a), UInt8(b)] + c
                    let expected = String(validating: bytes, as: UTF8.self) != nil
                    #expect(bytes.withUnsafeBytes { isValidUTF8($0) } == expected, "\(bytes)")
                    let long = Array("0123456789".utf8) + bytes
                    #expect(long.withUnsafeBytes { isValidUTF8($0) } == expected, "\(bytes)")
                    checked += 1
                }
            }
        }
        #expect(checked > 8_000)
    }

    @Test("percent-encoding gives back every byte")
    func percentEncoding() {
        let all = ByteString([UInt8](0...255))
        for encoded in [PercentEncoding.encode(all), PercentEncoding.encodeInvalid(all)] {
            #expect(PercentEncoding.decode(encoded) == all)
            #expect(encoded.isUTF8)
        }
        #expect(PercentEncoding.encode("a b/ü%") == "a%20b%2F%C3%BC%25")
        #expect(PercentEncoding.encodeInvalid(ByteString([0x61, 0xFF, 0x20, 0xC3, 0xBC])) == "a%FF ü")
        #expect(PercentEncoding.readable(ByteString("50%25\n") + ByteString([0xFF])) == "50%25%0A%FF")
        for text: ByteString in ["%", "%1", "a%g0", "%%%"] { #expect(PercentEncoding.decode(text) == nil) }
    }
}
