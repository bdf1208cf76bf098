import LinkModel
import Testing

struct QuantityTests {
    @Test(arguments: [
        ("100Mbit", 12.5e6), ("465Mbit", 58.125e6), ("1Gbit", 125e6), ("8bit", 1),
        ("12.5M", 12.5e6),
        ("64Ki", 65536), ("0", 0),
    ])
    func ratesAreBytesOrBitsPerSecond(text: String, byteRate: Double) throws {
        #expect(try Quantity.byteRate(text) == byteRate)
    }

    @Test func bytesTimesAndSharesHaveUnits() throws {
        #expect(try Quantity.byteCount("256Ki") == 262_144)
        #expect(try Quantity.byteCount("1.5k") == 1500)
        #expect(try Quantity.duration("20ms") == .milliseconds(20))
        #expect(try Quantity.duration("500us") == .microseconds(500))
        #expect(try Quantity.duration("2m") == .seconds(120))
        #expect(try Quantity.share("0.5%") == 0.005)
        #expect(try Quantity.share("0.25") == 0.25)
    }

    @Test func aCutHasAStartAndPerhapsALength() throws {
        #expect(try Quantity.cut("3s+10s") == Cut(start: .seconds(3), length: .seconds(10)))
        #expect(try Quantity.cut("500ms") == Cut(start: .milliseconds(500), length: nil))
    }

    @Test(arguments: ["", "fast", "-1", "inf", "nan", "1e400", "5 M", "Mbit", "1Mbits", "0x10M."])
    func whatIsNoRateIsRefused(text: String) {
        #expect(throws: QuantityError.self) { try Quantity.byteRate(text) }
    }

    @Test(arguments: ["", "3", "3s+", "+3s", "3s+1s+1s", "-3s", "1e300s", "s"])
    func whatIsNoCutIsRefused(text: String) {
        #expect(throws: QuantityError.self) { try Quantity.cut(text) }
    }

    @Test(arguments: ["1.0001", "1e30", "-5k"])
    func whatIsNoNumberOfBytesIsRefused(text: String) {
        #expect(throws: QuantityError.self) { try Quantity.byteCount(text) }
    }
}
