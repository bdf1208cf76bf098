/// Makes libxenguest's progress truthful.
///
/// In a pass over the whole guest, libxenguest counts the address space with all its holes, so that
/// an HVM guest of 256 MiB seems nearly done never, and then at once. Such a pass is told in pages
/// that were sent, of those that the guest has.
struct ProgressTranslator {
    /// How many pages the guest has; zero if that is not known.
    var guestPageCount: UInt = 0

    private var sentPageCountAtStart: UInt = 0

    /// Translates one report.
    ///
    /// - Parameters:
    ///   - done: How many frame numbers libxenguest has gone through in this pass.
    ///   - total: How many it will go through.
    ///   - sentPageCount: How many pages with content were sent since the migration began.
    /// - Returns: What to report.
    mutating func translate(
        done: UInt,
        total: UInt,
        sentPageCount: UInt
    ) -> (done: UInt, total: UInt) {
        if done == 0 { sentPageCountAtStart = sentPageCount }
        guard guestPageCount > 0, total > guestPageCount else { return (done, total) }
        if done >= total { return (guestPageCount, guestPageCount) }
        return (min(sentPageCount - sentPageCountAtStart, guestPageCount), guestPageCount)
    }
}
