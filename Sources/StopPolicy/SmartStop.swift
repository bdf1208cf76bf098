/// Where to stop if there are no budgets (paper, section IV-B3).
///
/// Phase one goes on as long as rounds dirty fewer pages than they send. After that crossover, more
/// rounds only bring other remainders of about the same size: phase two waits for one that is small
/// compared with those in a sliding window.
///
/// The paper counts pages and does not say when waiting is worth it. Here the measure is the pause,
/// and a round is worth it if it can be expected to shorten the pause by a larger share than it
/// lengthens the migration. So a guest that writes the same pages over and over is paused at once if
/// rounds are dear, and one that writes in bursts is not paused in a burst.
///
/// It is never much worse than libxenguest's rule. Rounds which that sends are left out only if they
/// are dear, or if hardly anything is left. All rounds which it would not send may lengthen the
/// migration by `extraShare` together, and only for a pause that is notably shorter.
enum SmartStop {
    /// Whether to go on.
    enum Wish: Equatable {
        case next(Reason)
        case stop(Reason)
    }

    /// No round is worth it that shortens the pause by less than this share.
    ///
    /// The second is for rounds that libxenguest would not send: in search of a little less one may
    /// run out of time in the middle of a burst.
    static let gainShareMinimum = 0.05
    static let extraGainShareMinimum = 0.2

    /// What rounds may take that libxenguest would not have sent, of the time before.
    static let extraShare = 0.03

    /// So many remainders before the latest are compared with it.
    static let windowRoundCount = 12

    /// Rounds that lengthen the migration by less than this are not worth avoiding while libxenguest
    /// would send them too: a burst may end meanwhile.
    static let cheapShare = 0.07

    /// If the remainder has grown so often in a row, that is hardly chance.
    static let growthRoundCount = 3

    /// Rounds end here, as in the paper.
    static let roundCountMaximum = 30

    /// What to do after the latest round.
    static func wish(_ history: RoundHistory) -> Wish {
        guard let round = history.rounds.last else { return .next(.firstPass) }
        if round.dirtyPageCount < StockRule.fewPageCount { return .stop(.fewPages) }
        if round.number + 1 >= roundCountMaximum { return .stop(.roundLimit(roundCountMaximum)) }
        guard round.number > 0 else { return .next(.firstPass) }
        let forecast = Forecast(history, round)
        if history.pauseSeconds * (1 - gainShareMinimum) < history.cost.unavoidableSeconds {
            return .stop(.noGain)
        }
        let isExtra = StockRule.hasEnded(by: round)
        if isExtra, exhaustsExtraTime(forecast, history) { return .stop(.longEnough) }
        let gainShareMinimum = isExtra ? extraGainShareMinimum : gainShareMinimum
        if forecast.gainShare > max(gainShareMinimum, forecast.timeShare) {
            return .next(history.crossoverNumber == nil ? .falling : .searching)
        }
        if !isExtra, forecast.timeShare < cheapShare { return .next(.searching) }
        if forecast.isSmallest { return .stop(.localMinimum) }
        return .stop(history.risesInARow >= growthRoundCount ? .growing : .noGain)
    }

    private static func exhaustsExtraTime(_ forecast: Forecast, _ history: RoundHistory) -> Bool {
        guard let start = history.secondsAtStockEnd else { return false }
        return history.seconds + forecast.seconds - start > start * extraShare
    }
}

/// What another round would bring.
struct Forecast {
    /// How long it takes.
    let seconds: Double

    /// By which share it is expected to shorten the pause.
    let gainShare: Double

    /// By which share it lengthens the migration.
    let timeShare: Double

    /// Whether the latest remainder is the smallest in the window.
    let isSmallest: Bool

    init(_ history: RoundHistory, _ round: Round) {
        let pauses = history.pauses
        let pause = max(pauses.last ?? 0, 1e-9)
        let others = pauses.dropLast().suffix(SmartStop.windowRoundCount)
        seconds = pause
        timeShare = pause / max(history.seconds + pause, 1e-9)
        isSmallest = others.count > 1 && others.allSatisfy { pause <= $0 }
        if history.crossoverNumber == nil {
            // The next round is shorter by as much as this one was, and dirties less accordingly.
            let dirty = Double(round.dirtyPageCount)
            let next = dirty * dirty / max(Double(round.sentPageCount), 1)
            gainShare = 1 - history.cost.seconds(pageCount: next) / pause
        } else {
            // Any of those in the window may come again; a longer pause need not be taken.
            let gains = others.map { max(0, pause - $0) }
            gainShare = gains.isEmpty ? 0 : gains.reduce(0, +) / Double(gains.count) / pause
        }
    }
}
