internal import Benchmark
internal import PageCodec

/// What is done to every page, one page at a time, and memcpy of the same pages.
func addKernelBenchmarks(_ files: [RecordedStream.File]) {
    let contentPages = { try PageArena(pagesWithContentOf: files) }
    let zeroPages = { PageArena(zeroPageCount: PageArena.pageCountMaximum) }

    addBenchmark("memcpy: pages with content", prepare: contentPages) { pages, iteration in
        let target = Scratch.chunk
        let chunk = pages.chunk(iteration)
        return Throughput(of: chunk.pageByteCount) {
            target.copyMemory(from: pages[chunk.lowerBound], byteCount: chunk.pageByteCount)
            blackHole(target)
        }
    }
    addBenchmark("zero test: zero pages", prepare: zeroPages) { pages, iteration in
        forEachPage(of: pages, iteration) { isZeroPage(pages[$0]) }
    }
    addBenchmark("zero test: pages with content", prepare: contentPages) { pages, iteration in
        forEachPage(of: pages, iteration) { isZeroPage(pages[$0]) }
    }
    addBenchmark("fingerprint: pages with content", prepare: contentPages) { pages, iteration in
        forEachPage(of: pages, iteration) { PageFingerprint(of: pages[$0]).page }
    }
    addComparison("equal", of: contentPages, changedByte: nil)
    addComparison("first byte differs", of: contentPages, changedByte: 0)
    addComparison(
        "last byte differs",
        of: contentPages,
        changedByte: PageFormat.pageByteCount - 1
    )
}

/// Compares pages with copies of them in which one byte may be another.
private func addComparison(
    _ what: String,
    of pages: @escaping () throws -> PageArena,
    changedByte: Int?
) {
    addBenchmark(
        "compare: \(what)",
        prepare: {
            let (pages, copies) = (try pages(), try pages())
            if let changedByte {
                for index in 0..<copies.pageCount {
                    let byte = copies[index] + changedByte
                    byte.storeBytes(of: ~byte.load(as: UInt8.self), as: UInt8.self)
                }
            }
            return (pages, copies)
        },
        iterate: { (arenas: (pages: PageArena, copies: PageArena), iteration) in
            forEachPage(of: arenas.pages, iteration) {
                isEqual(arenas.pages[$0], arenas.copies[$0], PageFormat.pageByteCount)
            }
        }
    )
}

/// Measures a kernel over the pages of one iteration.
private func forEachPage<Result>(
    of pages: PageArena,
    _ iteration: Int,
    _ kernel: (Int) -> Result
) -> Throughput {
    let chunk = pages.chunk(iteration)
    return Throughput(of: chunk.pageByteCount) {
        for index in chunk { blackHole(kernel(index)) }
    }
}

extension PageArena {
    fileprivate init(zeroPageCount: Int) {
        self.init()
        let page = Scratch.chunk
        page.initializeMemory(as: UInt8.self, repeating: 0, count: PageFormat.pageByteCount)
        for _ in 0..<zeroPageCount { append(page) }
    }

    /// Takes pages that are not zero from each stream in turn until the arena is full.
    fileprivate init(pagesWithContentOf files: [RecordedStream.File]) throws {
        self.init()
        let share = Self.pageCountMaximum / files.count
        for (index, file) in files.enumerated() {
            for batch in try RecordedStream(file).batches {
                for page in 0..<batch.pageCount where pageCount < (index + 1) * share {
                    let content = batch.pages + page * PageFormat.pageByteCount
                    if !isZeroPage(content) { append(content) }
                }
            }
        }
    }
}
