import Testing

@testable import LibxlHelper

/// The bytes were written by hand from libxl's message table, for a little-endian machine.
struct HelperMessageTests {
    private static let messages: [(HelperMessage, [UInt8])] = [
        (
            .log(level: .error, errorNumber: 5, source: "xc", text: "no"),
            [
                0x18, 0x00, 0x01, 0x00,
                0x08, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00,
                0x03, 0x00, 0x00, 0x00, 0x78, 0x63, 0x00,
                0x03, 0x00, 0x00, 0x00, 0x6e, 0x6f, 0x00,
            ]
        ),
        (
            .log(level: .debug, errorNumber: -1, source: "", text: ""),
            [
                0x14, 0x00, 0x01, 0x00,
                0x01, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff,
                0x01, 0x00, 0x00, 0x00, 0x00,
                0x01, 0x00, 0x00, 0x00, 0x00,
            ]
        ),
        (
            .progress(source: "xc", doing: "pages", done: 0x0102, total: 1 << 40),
            [
                0x23, 0x00, 0x02, 0x00,
                0x03, 0x00, 0x00, 0x00, 0x78, 0x63, 0x00,
                0x06, 0x00, 0x00, 0x00, 0x70, 0x61, 0x67, 0x65, 0x73, 0x00,
                0x02, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
            ]
        ),
        (.suspend, [0x02, 0x00, 0x03, 0x00]),
        (.postcopy, [0x02, 0x00, 0x04, 0x00]),
        (.checkpoint, [0x02, 0x00, 0x05, 0x00]),
        (.waitCheckpoint, [0x02, 0x00, 0x06, 0x00]),
        (
            .switchQemuLogdirty(domid: 7, enable: 1),
            [0x0a, 0x00, 0x07, 0x00, 0x07, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00]
        ),
        (
            .staticDataDone(missing: 0x8000_0003),
            [0x06, 0x00, 0x08, 0x00, 0x03, 0x00, 0x00, 0x80]
        ),
        (
            .restoreResults(storeGFN: 0xfefff, consoleGFN: .max),
            [
                0x12, 0x00, 0x09, 0x00,
                0xff, 0xef, 0x0f, 0x00, 0x00, 0x00, 0x00, 0x00,
                0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            ]
        ),
        (
            .complete(result: -1, errorNumber: 32),
            [0x0a, 0x00, 0x0a, 0x00, 0xff, 0xff, 0xff, 0xff, 0x20, 0x00, 0x00, 0x00]
        ),
    ]

    @Test(arguments: messages)
    func messageHasTheBytesThatLibxlReads(_ message: HelperMessage, _ bytes: [UInt8]) {
        #expect(message.bytes == bytes)
    }

    @Test func everyNumberOfTheTableIsUsedOnce() {
        #expect(Set(Self.messages.map(\.0.number)) == Set(1...10))
        for (message, bytes) in Self.messages {
            #expect(bytes[2] == UInt8(message.number) && bytes[3] == 0)
        }
    }

    @Test func textIsUTF8() {
        let bytes = HelperMessage.log(level: .info, errorNumber: 0, source: "ü", text: "").bytes
        #expect(bytes[12..<19] == [0x03, 0x00, 0x00, 0x00, 0xc3, 0xbc, 0x00])
    }

    @Test(arguments: [0, 1, 16383, 16384, 16385, 1 << 20])
    func longStringsAreCut(_ characterCount: Int) {
        let text = String(repeating: "x", count: characterCount)
        let keptByteCount = min(characterCount, 16384)
        let bytes = HelperMessage.log(
            level: .warning,
            errorNumber: 0,
            source: text,
            text: text
        ).bytes
        #expect(bytes.count == 2 + 2 + 8 + 2 * (4 + keptByteCount + 1))
        let bodyByteCount = Int(bytes[0]) | Int(bytes[1]) << 8
        #expect(bodyByteCount == bytes.count - 2)
        let announced = UInt32(bytes[12]) | UInt32(bytes[13]) << 8 | UInt32(bytes[14]) << 16
        #expect(announced == UInt32(keptByteCount + 1))
        #expect(bytes.last == 0 && bytes[16 + keptByteCount] == 0)
        #expect(bytes[16..<16 + keptByteCount].allSatisfy { $0 == 0x78 })
    }

    @Test func longestProgressFitsItsLengthField() {
        let text = String(repeating: "y", count: 1 << 17)
        let bytes = HelperMessage.progress(
            source: text,
            doing: text,
            done: .max,
            total: .max
        ).bytes
        #expect(Int(bytes[0]) | Int(bytes[1]) << 8 == bytes.count - 2)
    }

    @Test func levelsAreThoseOfLibxentoollog() {
        let levels: [LogLevel] = [
            .debug, .verbose, .detail, .progress, .info, .notice, .warning, .error, .critical,
        ]
        #expect(levels.map(\.rawValue) == Array(1...9))
    }
}
