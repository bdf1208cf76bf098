import Testing

@testable import MigrationHelper

struct ProgressTranslatorTests {
    private func makeTranslator(guestPageCount: UInt) -> ProgressTranslator {
        var translator = ProgressTranslator()
        translator.guestPageCount = guestPageCount
        return translator
    }

    @Test func aPassOverTheAddressSpaceCountsPagesThatWereSent() {
        var translator = makeTranslator(guestPageCount: 1000)
        let start = translator.translate(done: 0, total: 16000, sentPageCount: 0)
        #expect(start == (0, 1000))
        let middle = translator.translate(done: 900, total: 16000, sentPageCount: 640)
        #expect(middle == (640, 1000))
        // The holes behind the last page take no time and change nothing.
        let holes = translator.translate(done: 12000, total: 16000, sentPageCount: 1000)
        #expect(holes == (1000, 1000))
        let end = translator.translate(done: 16000, total: 16000, sentPageCount: 1000)
        #expect(end == (1000, 1000))
    }

    @Test func aVerifyingPassStartsFromZeroAgain() {
        var translator = makeTranslator(guestPageCount: 1000)
        let start = translator.translate(done: 0, total: 16000, sentPageCount: 1700)
        #expect(start == (0, 1000))
        let middle = translator.translate(done: 500, total: 16000, sentPageCount: 2200)
        #expect(middle == (500, 1000))
    }

    @Test func aRoundOverDirtyPagesIsToldAsItIs() {
        var translator = makeTranslator(guestPageCount: 1000)
        let report = translator.translate(done: 100, total: 300, sentPageCount: 1100)
        #expect(report == (100, 300))
    }

    @Test func moreSentPagesThanTheGuestHasAreNotTold() {
        var translator = makeTranslator(guestPageCount: 1000)
        _ = translator.translate(done: 0, total: 16000, sentPageCount: 0)
        let report = translator.translate(done: 1100, total: 16000, sentPageCount: 1003)
        #expect(report == (1000, 1000))
    }
}
