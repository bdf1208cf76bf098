import TestSupport
import Testing

@testable import PageCodec

struct ClassRunsTests {
    private func encode(_ classes: [PageClass]) -> [UInt8] {
        writtenBytes(capacity: classRunsByteCountMaximum) { cursor in
            var writer = ClassRunWriter(cursor)
            for pageClass in classes { writer.append(pageClass) }
            writer.finish()
            cursor = writer.cursor
        }
    }

    private func decode(_ bytes: [UInt8], pageCount: Int) throws -> [PageClass] {
        try withSection(bytes, .classes) { section in
            var reader = ClassRunReader(section)
            var classes: [PageClass] = []
            for index in 0..<pageCount {
                classes.append(try reader.next(pageIndex: index, pageCount: pageCount))
            }
            try reader.finish()
            return classes
        }
    }

    @Test(
        arguments: [
            (1, [0x10]), (2, [0x11]), (15, [0x1e]), (16, [0x1f, 0x00]), (17, [0x1f, 0x01]),
            (143, [0x1f, 0x7f]), (144, [0x1f, 0x80, 0x01]), (1023, [0x1f, 0xef, 0x07]),
            (1024, [0x1f, 0xf0, 0x07]),
        ] as [(Int, [UInt8])]
    )
    func runHasItsLength(_ count: Int, _ bytes: [UInt8]) throws {
        let classes = [PageClass](repeating: .zero, count: count)
        #expect(encode(classes) == bytes)
        #expect(try decode(bytes, pageCount: count) == classes)
    }

    @Test func everyClassHasItsCode() throws {
        let bytes: [UInt8] = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70]
        #expect(encode(PageClass.allCases) == bytes)
        #expect(try decode(bytes, pageCount: 7) == PageClass.allCases)
    }

    @Test func batchWithoutPagesHasNoClasses() throws {
        #expect(encode([]).isEmpty)
        #expect(try decode([], pageCount: 0).isEmpty)
    }

    @Test func alternatingClassesFitIntoTheirRoom() throws {
        let classes = (0..<1024).map { $0 % 2 == 0 ? PageClass.raw : .zero }
        let bytes = encode(classes)
        #expect(bytes.count == 1024)
        #expect(try decode(bytes, pageCount: 1024) == classes)
    }

    @Test(arguments: [0] + Array(8...15) as [UInt8])
    func unknownClassIsRefused(_ code: UInt8) {
        #expect(throws: PageCodecError.unknownPageClass(code: code, pageIndex: 1)) {
            try decode([0x10, code << 4], pageCount: 2)
        }
    }

    @Test(
        arguments: [
            // Two where one is left, 16 of 15, 17 of 16, 1,040, and 2^64 - 1 more.
            ([0x10, 0x11], 2, 1), ([0x1f, 0x00], 15, 0), ([0x1f, 0x01], 16, 0),
            ([0x1f, 0x80, 0x08], 1024, 0),
            ([0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], 1024, 0),
        ] as [([UInt8], Int, Int)]
    )
    func runLongerThanTheBatchIsRefused(_ bytes: [UInt8], _ pageCount: Int, _ pageIndex: Int) {
        #expect(throws: PageCodecError.classRunTooLong(pageIndex: pageIndex)) {
            try decode(bytes, pageCount: pageCount)
        }
    }

    @Test func cutAndSurplusAreRefused() {
        #expect(throws: PageCodecError.sectionEndsEarly(section: .classes, offset: 0)) {
            try decode([], pageCount: 1)
        }
        #expect(throws: PageCodecError.sectionEndsEarly(section: .classes, offset: 1)) {
            try decode([0x1f], pageCount: 16)
        }
        #expect(throws: PageCodecError.sectionHasSurplus(section: .classes, byteCount: 1)) {
            try decode([0x10, 0x10], pageCount: 1)
        }
    }
}
