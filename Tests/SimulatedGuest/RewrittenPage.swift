/// Makes the content of a page that is written more often than it was recorded.
///
/// A trace that loops must not bring back pages that were sent before, and must change as much as
/// the guest did, in the same places. So the low 16 bits of just those words that a write changes
/// are XORed with the number of the write, their generation; generation 0 is what was recorded.
/// Words that are zero stay zero, and words that were equal and changed together stay equal: so a
/// page compresses about as well as the recorded one. Word: 8 bytes.
struct RewrittenPage {
    /// How far a page is: what its last write made.
    struct Position: Equatable, Sendable {
        /// The recorded version, counted from 0.
        var version: UInt16 = 0
        var remaining: UInt16 = 0
        var loop: UInt32 = 0

        /// Whether the page is just as it was recorded.
        var isRecorded: Bool { loop == 0 && remaining == 0 }
    }

    private static let wordCount = pageByteCount / 8
    private static let generationMask: UInt64 = 0xffff

    private let generations = UnsafeMutablePointer<UInt64>.allocate(capacity: wordCount)
    private let zeros = UnsafeMutablePointer<UInt64>.allocate(capacity: wordCount)

    init() { zeros.initialize(repeating: 0, count: Self.wordCount) }

    func deallocate() {
        generations.deallocate()
        zeros.deallocate()
    }

    /// The number of a write, for what it changes.
    static func generation(loop: UInt32, remaining: UInt16) -> UInt64 {
        (UInt64(loop) * UInt64(WriteTimes.writeCountMaximum + 1) + UInt64(remaining))
            & generationMask
    }

    /// Builds a page.
    ///
    /// The cost is about one comparison of two pages for each version of it.
    ///
    /// - Parameters:
    ///   - position: Where in its history the page is; not at version 0.
    ///   - versions: Its recorded versions.
    ///   - content: The stream that they lie in.
    ///   - page: Where to build it: 4096 bytes, aligned to 8.
    func build(
        _ position: Position,
        of versions: ArraySlice<PageVersion>,
        in content: UnsafeRawBufferPointer,
        at page: UnsafeMutableRawPointer
    ) {
        let current = Int(position.version)
        let last = versions.count - 1
        generations.update(repeating: 0, count: Self.wordCount)
        // The oldest changes first: those of the loop before.
        if position.loop > 0 {
            for version in stride(from: current + 1, through: last, by: 1) {
                note(version, loop: position.loop - 1, remaining: 0, versions, content)
            }
        }
        for version in stride(from: 1, through: current, by: 1) {
            let remaining = version == current ? position.remaining : 0
            note(version, loop: position.loop, remaining: remaining, versions, content)
        }
        let words = words(of: current, versions, content)
        let result = page.assumingMemoryBound(to: UInt64.self)
        let generations = generations
        for index in 0..<Self.wordCount {
            let word = words[index]
            let generation = generations[index]
            let isChanged =
                Self.ones(ifNotZero: word)
                & Self.ones(ifNotZero: word ^ generation)
            result[index] = word ^ (generation & isChanged)
        }
    }

    /// All bits or none: comparisons of 64 bits would keep the loops from being vectorised.
    @inline(__always)
    private static func ones(ifNotZero word: UInt64) -> UInt64 {
        0 &- ((word | (0 &- word)) >> 63)
    }

    /// Gives the words that a version changes its generation.
    private func note(
        _ version: Int,
        loop: UInt32,
        remaining: UInt16,
        _ versions: ArraySlice<PageVersion>,
        _ content: UnsafeRawBufferPointer
    ) {
        let generation = Self.generation(loop: loop, remaining: remaining)
        let words = words(of: version, versions, content)
        mark(generation, where: words, differ: self.words(of: version - 1, versions, content))
        if version == 1, loop > 0 {
            // The loop begins anew after the last version.
            let before = self.words(of: versions.count - 1, versions, content)
            mark(generation, where: words, differ: before)
        }
    }

    private func mark(
        _ generation: UInt64,
        where words: UnsafePointer<UInt64>,
        differ others: UnsafePointer<UInt64>
    ) {
        let generations = generations
        for index in 0..<Self.wordCount {
            let changed = Self.ones(ifNotZero: words[index] ^ others[index])
            generations[index] = (generations[index] & ~changed) | (generation & changed)
        }
    }

    /// A version without a page counts as one of zeros.
    private func words(
        of version: Int,
        _ versions: ArraySlice<PageVersion>,
        _ content: UnsafeRawBufferPointer
    ) -> UnsafePointer<UInt64> {
        let version = versions[versions.startIndex + version]
        guard version.hasPage, let start = content.baseAddress else { return UnsafePointer(zeros) }
        return (start + version.offset).assumingMemoryBound(to: UInt64.self)
    }
}
