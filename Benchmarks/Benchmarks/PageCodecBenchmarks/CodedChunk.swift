internal import PageCodec

/// A way to code what changed between two versions of a page.
enum Difference: String, CaseIterable {
    /// Runs of bytes: for what is sent as it is.
    case delta
    /// A bit per word of eight bytes, and the words: for what is compressed.
    case changedWords = "changed words"
}

/// The coded differences of one chunk of rewritten pages.
final class CodedChunk {
    /// The pages whose difference is smaller than they are.
    private(set) var indices: [Int] = []

    private let difference: Difference
    private var runs = ChangedRuns()
    private let control = Buffer.allocate(capacity: Scratch.byteCount)
    private let literals = Buffer.allocate(capacity: Scratch.byteCount)
    private var controlEnd: Buffer
    private var literalEnd: Buffer

    private typealias Buffer = UnsafeMutablePointer<UInt8>

    init(_ difference: Difference) {
        self.difference = difference
        indices.reserveCapacity(PageArena.chunkPageCount)
        controlEnd = control
        literalEnd = literals
    }

    deinit {
        control.deallocate()
        literals.deallocate()
    }

    /// Codes the pages of a chunk, in place of what was coded before.
    func encode(_ pages: RewrittenPages, _ chunk: Range<Int>) {
        indices.removeAll(keepingCapacity: true)
        controlEnd = control
        literalEnd = literals
        for index in chunk where encode(from: pages.old[index], to: pages.new[index]) {
            indices.append(index)
        }
    }

    /// Rebuilds the pages, each in a copy of its old version.
    func apply(_ pages: RewrittenPages) throws {
        let byteCount = PageFormat.pageByteCount
        var controlReader = SectionReader(.control, control, byteCount: controlEnd - control)
        var literalReader = SectionReader(.literals, literals, byteCount: literalEnd - literals)
        var target = Scratch.chunk
        for index in indices {
            target.copyMemory(from: pages.old[index], byteCount: byteCount)
            switch difference {
            case .delta:
                try applyDelta(
                    to: target,
                    byteCount: byteCount,
                    pfn: 0,
                    control: &controlReader,
                    literals: &literalReader
                )
            case .changedWords:
                try applyChangedWords(
                    to: target,
                    byteCount: byteCount,
                    control: &controlReader,
                    literals: &literalReader
                )
            }
            target += byteCount
        }
    }

    private func encode(from old: UnsafeRawPointer, to new: UnsafeRawPointer) -> Bool {
        let byteCount = PageFormat.pageByteCount
        switch difference {
        case .delta:
            _ = runs.compare(from: old, to: new, byteCount: byteCount)
            runs.find()
            return writeDelta(
                runs,
                to: new,
                byteCount: byteCount,
                limit: byteCount - 1,
                control: &controlEnd,
                literals: &literalEnd
            )
        case .changedWords:
            let changed = ChangedWords(from: old, to: new, byteCount: byteCount)
            UnsafeMutableRawPointer(controlEnd).storeBytes(
                of: changed.bits,
                as: SIMD8<UInt64>.self
            )
            controlEnd += MemoryLayout<SIMD8<UInt64>>.size
            writeChangedWords(changed, of: new, byteCount: byteCount, to: &literalEnd)
            return true
        }
    }
}
