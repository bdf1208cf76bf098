/// How members on one link share it, so that they finish round 0 together.
///
/// Each gets a share as large as its share of what is left. Only round 0 is paced like this: its
/// bytes are the same however long it takes, while a later round that takes longer leaves more to
/// send again.
enum BandwidthShare {
    /// A member in round 0.
    struct Sender: Equatable {
        /// What is left of the round.
        var remainingByteCount: Double
        /// How fast it is now.
        var bytesPerSecond: Double
    }

    /// Nobody gets less than this part of an equal share.
    private static let floorShare = 0.1

    /// How fast each may be, in bytes per second; none where there is no limit.
    ///
    /// The one with the most left is never limited. If it is slow for another reason than the link,
    /// the others still finish when it does.
    static func limits(_ senders: [Sender]) -> [Double?] {
        let unlimited = [Double?](repeating: nil, count: senders.count)
        let left = senders.reduce(0) { $0 + $1.remainingByteCount }
        let capacity = senders.reduce(0) { $0 + $1.bytesPerSecond }
        guard senders.count > 1, left > 0, senders.allSatisfy({ $0.bytesPerSecond > 0 }),
            let last = senders.indices.max(by: {
                senders[$0].remainingByteCount < senders[$1].remainingByteCount
            })
        else { return unlimited }
        let floor = capacity / Double(senders.count) * floorShare
        return senders.indices.map { index in
            index == last
                ? nil : max(floor, capacity * senders[index].remainingByteCount / left)
        }
    }
}
