/// When libxenguest stops by itself (`simple_precopy_policy` in Xen 4.17's `xg_sr_save.c`).
enum StockRule {
    /// A round of fewer pages than this is the last one sent live.
    static let fewPageCount = 50

    /// Never more rounds are sent live.
    static let roundCountMaximum = 5

    /// Whether it pauses the guest after a round.
    ///
    /// It looks at the dirty pages before it sends them, and sends them live even if they are few.
    static func stops(after round: Round) -> Bool {
        round.sentPageCount < fewPageCount || hasEnded(by: round)
    }

    /// Whether it would not send another round after this one, whatever is dirty.
    static func hasEnded(by round: Round) -> Bool {
        round.number + 1 >= roundCountMaximum
    }
}
