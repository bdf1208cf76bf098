/// What a guest's memory was and how it was written to, as far as a recorded migration tells.
///
/// The pages of the first round are the memory at time 0. The pages of round k were written while
/// round k - 1 was sent. See docs/simulated-xen.md.
public final class GuestTrace: Sendable {
    /// A page that is written to, with all its recorded versions; the first one is that of time 0.
    struct Chain: Sendable {
        var pfn: UInt32
        var versions: Range<Int>
    }

    /// The stream that the pages lie in.
    public let stream: RecordedStream

    /// Whether the guest is an HVM or PVH guest; else it is a PV guest.
    public let isHVM: Bool

    /// The size of the guest's address space in pages, holes included (`p2m_size`).
    public var addressSpacePageCount: Int { firstVersions.count }

    /// How many pages of memory the guest has.
    public let memoryPageCount: Int

    /// The memory at time 0, by pfn.
    let firstVersions: [PageVersion]
    let chains: [Chain]
    let versions: [PageVersion]
    /// Where in `chains` a pfn is, or -1.
    let chainOfPFN: [Int32]

    /// The writes of one loop, in the order of their times.
    let writes: [PageWrite]
    /// How many seconds of the guest a loop lasts.
    public let loopSeconds: Double

    /// Records of the stream before its first page batch, without the headers.
    public let leadingRecords: [RecordedStream.Record]
    /// Records of the stream after its last page batch, without END.
    public let trailingRecords: [RecordedStream.Record]

    /// Reads a trace.
    ///
    /// - Parameters:
    ///   - stream: A plain migration, with or without VERIFY.
    ///   - spans: How long each round but the last took, in seconds; see `RoundTimes`.
    /// - Throws: `RecordedStreamError` if it is no plain migration of a guest up to 64 GiB.
    public init(_ stream: RecordedStream, spans: [Double]) throws(RecordedStreamError) {
        self.stream = stream
        isHVM = stream.headers.number(at: RecordedStream.imageHeaderByteCount, as: UInt32.self) == 2
        (leadingRecords, trailingRecords) = try Self.frame(stream)
        let recorded = try RecordedPages(stream)
        firstVersions = recorded.firstVersions
        memoryPageCount = firstVersions.count { $0.hasPage }

        var chainOfPFN = [Int32](repeating: -1, count: firstVersions.count)
        var chains: [Chain] = []
        var versions: [PageVersion] = []
        var rounds: [[Int]] = []
        for write in recorded.writes.sorted(by: { ($0.pfn, $0.round) < ($1.pfn, $1.round) }) {
            if chains.last?.pfn != write.pfn {
                chainOfPFN[Int(write.pfn)] = Int32(chains.count)
                chains.append(Chain(pfn: write.pfn, versions: versions.count..<versions.count + 1))
                versions.append(firstVersions[Int(write.pfn)])
                rounds.append([])
            }
            versions.append(write.version)
            let first = chains[chains.count - 1].versions.lowerBound
            chains[chains.count - 1].versions = first..<versions.count
            rounds[rounds.count - 1].append(write.round)
        }
        self.chains = chains
        self.versions = versions
        self.chainOfPFN = chainOfPFN
        loopSeconds = spans.reduce(0, +)
        writes = WriteTimes(spans: spans).writes(
            pfns: chains.map(\.pfn),
            roundsOfChains: rounds
        )
        stream.forget()
    }

    private static func frame(
        _ stream: RecordedStream
    ) throws(RecordedStreamError) -> (
        leading: [RecordedStream.Record], trailing: [RecordedStream.Record]
    ) {
        let records = stream.records
        guard let first = records.firstIndex(where: { $0.type == RecordType.pageData }),
            let last = records.lastIndex(where: { $0.type == RecordType.pageData })
        else { throw .noPages }
        for record in records[first...last]
        where record.type != RecordType.pageData && record.type != RecordType.verify {
            throw .unexpectedRecord(type: record.type, offset: record.bytes.lowerBound)
        }
        var trailing: [RecordedStream.Record] = []
        for record in records[(last + 1)...] {
            guard record.type != RecordType.checkpoint else {
                throw .unexpectedRecord(type: record.type, offset: record.bytes.lowerBound)
            }
            if record.type == RecordType.end { break }
            // VERIFY with no pages to verify.
            if record.type != RecordType.verify { trailing.append(record) }
        }
        return (Array(records[..<first]), trailing)
    }
}

/// The content of a page at some time: its type, and where in the stream its bytes are.
struct PageVersion: Sendable, Equatable {
    private let packed: UInt64
    private static let offsetMask: UInt64 = 1 << 60 - 1

    init(type: UInt64, offset: Int) {
        packed = type << PageEntry.typeShift | UInt64(offset)
    }

    static let absent = PageVersion(type: PageEntry.absentType, offset: 0)

    var type: UInt64 { packed >> PageEntry.typeShift }
    var hasPage: Bool { PageEntry.hasPage(type) }
    var offset: Int { Int(packed & Self.offsetMask) }
}

/// The pages of a stream, sorted into the memory at time 0 and what was written later.
private struct RecordedPages {
    struct Write {
        var pfn: UInt32
        var round: Int
        var version: PageVersion
    }

    private(set) var firstVersions: [PageVersion] = []
    private(set) var writes: [Write] = []

    init(_ stream: RecordedStream) throws(RecordedStreamError) {
        var latest: [PageVersion] = []
        for record in stream.records {
            guard record.type == RecordType.pageData, !record.isVerifying else { continue }
            if record.round > 0, firstVersions.isEmpty { firstVersions = latest }
            let entriesStart = record.bytes.lowerBound + 16
            let entryCount = stream.entryCount(of: record)
            var pageOffset = entriesStart + 8 * entryCount
            for index in 0..<entryCount {
                let entry = stream.content.number(at: entriesStart + 8 * index, as: UInt64.self)
                let type = entry >> PageEntry.typeShift
                let pfn = entry & PageEntry.pfnMask
                guard pfn <= PFN.maximum else {
                    throw .pfnTooLarge(pfn, offset: record.bytes.lowerBound)
                }
                let hasPage = PageEntry.hasPage(type)
                let version = PageVersion(type: type, offset: hasPage ? pageOffset : 0)
                if version.hasPage { pageOffset += pageByteCount }
                guard pageOffset <= record.bytes.upperBound else {
                    throw .badBatch(offset: record.bytes.lowerBound)
                }
                if pfn >= latest.count {
                    let missing = Int(pfn) + 1 - latest.count
                    latest.append(contentsOf: repeatElement(.absent, count: missing))
                }
                // What is not there cannot be written to: libxenguest asked again (PV).
                if record.round > 0, latest[Int(pfn)] != version || version.hasPage {
                    writes.append(Write(pfn: UInt32(pfn), round: record.round, version: version))
                }
                latest[Int(pfn)] = version
            }
        }
        if firstVersions.isEmpty { firstVersions = latest }
        let missing = latest.count - firstVersions.count
        firstVersions.append(contentsOf: repeatElement(.absent, count: missing))
    }
}
