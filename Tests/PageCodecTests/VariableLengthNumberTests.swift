import Testing

@testable import PageCodec

struct VariableLengthNumberTests {
    private static let numbers: [(UInt64, [UInt8])] = [
        (0, [0x00]),
        (1, [0x01]),
        (0x7f, [0x7f]),
        (0x80, [0x80, 0x01]),
        (0x3fff, [0xff, 0x7f]),
        (0x4000, [0x80, 0x80, 0x01]),
        (1 << 32, [0x80, 0x80, 0x80, 0x80, 0x10]),
        (1 << 63, [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]),
        (.max, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
    ]

    @Test(arguments: numbers)
    func numberIsWrittenInItsShortestForm(_ number: UInt64, _ bytes: [UInt8]) {
        #expect(writtenBytes(capacity: 10) { $0.write(number: number) } == bytes)
    }

    @Test(arguments: numbers)
    func numberIsRead(_ number: UInt64, _ bytes: [UInt8]) throws {
        let found = try withSection(bytes) { reader in
            let found = try reader.readNumber()
            try reader.finish()
            return found
        }
        #expect(found == number)
    }

    @Test(arguments: numbers)
    func numberThatIsCutOffIsRefused(_ number: UInt64, _ bytes: [UInt8]) {
        for byteCount in 0..<bytes.count {
            let error = PageCodecError.sectionEndsEarly(section: .control, offset: byteCount)
            #expect(throws: error, "cut to \(byteCount) bytes") {
                try withSection([UInt8](bytes.prefix(byteCount))) { _ = try $0.readNumber() }
            }
        }
    }

    @Test func longFormOfASmallNumberIsAccepted() throws {
        let bytes: [UInt8] = [0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]
        #expect(try withSection(bytes) { try $0.readNumber() } == 5)
    }

    @Test(arguments: [0x02, 0x7f, 0x80, 0x81, 0xff] as [UInt8])
    func numberBeyond64BitsIsRefused(_ tenth: UInt8) {
        let bytes = [UInt8](repeating: 0xff, count: 9) + [tenth, 0x00, 0x00]
        #expect(throws: PageCodecError.numberTooLong(section: .control, offset: 9)) {
            try withSection(bytes) { _ = try $0.readNumber() }
        }
    }

    @Test(
        arguments: [
            (0, 0), (-1, 1), (1, 2), (-2, 3), (64, 128), (-65, 129), (.max, .max - 1),
            (.min, .max),
        ] as [(Int64, UInt64)]
    )
    func signedNumbersAlternate(_ signed: Int64, _ unsigned: UInt64) {
        #expect(UInt64(zigzag: signed) == unsigned)
        #expect(Int64(zigzag: unsigned) == signed)
    }

    @Test func surplusOfASectionIsRefused() {
        #expect(throws: PageCodecError.sectionHasSurplus(section: .literals, byteCount: 2)) {
            try withSection([1, 2, 3], .literals) { reader in
                _ = try reader.readByte()
                try reader.finish()
            }
        }
    }

    @Test func bytesBeyondASectionAreNotRead() {
        #expect(throws: PageCodecError.sectionEndsEarly(section: .literals, offset: 1)) {
            try withSection([1, 2, 3], .literals) { reader in
                _ = try reader.readByte()
                _ = try reader.readBytes(3)
            }
        }
    }
}
