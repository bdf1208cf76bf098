/// A clock that stands still while the link is cut.
///
/// Whatever the link does takes its time by this clock: so a cut delays all that follows, and loses
/// nothing, as TCP does it.
struct LinkClock {
    private let cuts: [Cut]

    /// A clock with cuts in the order of their starts, none of which overlap.
    init(cuts: [Cut]) {
        self.cuts = cuts
    }

    /// How long the link has run.
    func runningTime(at time: Duration) -> Duration {
        var running = time
        for cut in cuts where cut.start < time {
            guard let length = cut.length else { return min(running, running - time + cut.start) }
            running -= min(time - cut.start, length)
        }
        return running
    }

    /// When the link will have run for so long; never, if a cut without end comes before.
    func time(ofRunningTime running: Duration) -> Duration? {
        var time = running
        for cut in cuts where cut.start < time {
            guard let length = cut.length else { return nil }
            time += length
        }
        return time
    }
}
