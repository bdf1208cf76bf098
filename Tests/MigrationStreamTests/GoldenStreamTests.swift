import Glibc
import PageCodec
import PosixIO
import TestSupport
import Testing

@testable import MigrationStream

/// Streams recorded from real guests; `CLOUDNET_UPDATE_GOLDEN=1` pins their sizes anew.
@Suite(.serialized)
struct GoldenStreamTests {
    private static let columns =
        "stream,compression,zstd,rounds,zero,unchanged,references,deltas,blocks,raw,empty,"
        + "stock bytes,extended bytes"

    private static let settings = ["off", "-5", "1", "3"]

    private static func row(
        _ name: String,
        _ setting: String,
        _ statistics: StreamStatistics
    ) -> String {
        let pages = statistics.pages
        let numbers = [
            statistics.roundCount, pages.zeroPageCount, pages.unchangedPageCount,
            pages.referencePageCount, pages.deltaPageCount, pages.blocksPageCount,
            pages.rawPageCount, pages.emptyEntryCount, statistics.stockByteCount,
            statistics.extendedByteCount,
        ]
        let version = setting == "off" ? "" : CompressionLibrary.version
        return ([name, setting, version] + numbers.map(String.init)).joined(separator: ",")
    }

    /// A change of the codec that changes sizes must change this file, where reviewers see it.
    @Test func recordedStreamsComeBackAndKeepTheirSize() throws {
        let names = try Repository.files(in: Repository.goldenPath, suffix: ".libxc.zst")
        #expect(names.contains("pvh-live.libxc.zst") && names.contains("pv-verify.libxc.zst"))
        try expectSizes(of: names, in: Repository.goldenPath, pinnedIn: "sizes.csv")
    }

    /// Compares sizes with those of a file in the golden folder, or writes that anew.
    private func expectSizes(
        of names: [String],
        in folder: String,
        pinnedIn fileName: String
    ) throws {
        let path = Repository.goldenPath + "/" + fileName
        var rows: [String] = []
        for name in names {
            for setting in Self.settings {
                let compression = try #require(Compression(setting))
                let statistics = try roundTrip(folder + "/" + name, compression)
                rows.append(Self.row(name, setting, statistics))
            }
        }
        if environment("CLOUDNET_UPDATE_GOLDEN") == "1" {
            let text = ([Self.columns] + rows).joined(separator: "\n") + "\n"
            try Repository.write(Array(text.utf8), toFile: path)
        }
        let pinned = String(decoding: try Repository.bytes(ofFile: path), as: UTF8.self)
            .split(separator: "\n").map(String.init)
        // Another version of zstd may find other bytes; and not all streams are everywhere.
        for row in rows {
            let isKnown = pinned.contains { $0.hasPrefix(row.prefix { $0 != "," } + ",") }
            let usesOtherZstd =
                !row.contains(",off,")
                && !pinned.contains { $0.contains(CompressionLibrary.version) }
            #expect(!isKnown || usesOtherZstd || pinned.contains(row), "\(row)")
        }
    }

    /// The bytes of version 1 are for ever: if this fails, the format changed.
    ///
    /// The file is that of the first writer. Later ones may choose other runs and classes, but each
    /// reader must read it; nothing writes it anew.
    @Test func streamOfTheFirstWriterComesBack() throws {
        let stock = try CompressedSource.bytes(
            ofFile: Repository.goldenPath + "/small.libxc.zst"
        )
        let decoded = try decode(
            try Repository.bytes(ofFile: Repository.goldenPath + "/small-first-writer.clnt")
        )
        let comesBack = decoded.bytes == stock
        #expect(comesBack)
        expectEveryClass(in: decoded.statistics.pages)
    }

    /// What this writer makes of the same stream; a change of it must be seen by reviewers.
    @Test func writerKeepsToItsBytes() throws {
        let extendedPath = Repository.goldenPath + "/small.clnt"
        let stock = try CompressedSource.bytes(
            ofFile: Repository.goldenPath + "/small.libxc.zst"
        )
        if environment("CLOUDNET_UPDATE_GOLDEN") == "1" {
            try Repository.write(try encode(stock).bytes, toFile: extendedPath)
        }
        let extended = try Repository.bytes(ofFile: extendedPath)
        let decoded = try decode(extended)
        let comesBack = decoded.bytes == stock
        #expect(comesBack)
        let isTheSame = try encode(stock).bytes == extended
        #expect(isTheSame)
        expectEveryClass(in: decoded.statistics.pages)
    }

    private func expectEveryClass(in pages: PageStatistics) {
        let counts = [
            pages.zeroPageCount, pages.unchangedPageCount, pages.referencePageCount,
            pages.deltaPageCount, pages.blocksPageCount, pages.rawPageCount,
            pages.emptyEntryCount,
        ]
        #expect(counts.allSatisfy { $0 > 0 }, "\(pages)")
    }

    @Test func failureToDecompressIsNotTakenForAnEnd() throws {
        let path = Repository.goldenPath + "/small.clnt"
        #expect(throws: TestFileError.cannotDecompress(path, status: 1 << 8)) {
            _ = try CompressedSource.bytes(ofFile: path)
        }
        #expect(throws: TestFileError.cannotDecompress(path, status: 1 << 8)) {
            let size = try #require(CacheSize(mebibytes: 1))
            let encoder = try StreamEncoder(
                from: try CompressedSource(path: path),
                to: MemorySink(),
                cacheSize: size
            )
            try encoder.run()
        }
    }

    /// Larger streams than a repository should hold, from the folder that `CLOUDNET_STREAMS` names.
    @Test(.enabled(if: environment("CLOUDNET_STREAMS") != nil))
    func largeStreamsComeBackAndKeepTheirSize() throws {
        let folder = try #require(environment("CLOUDNET_STREAMS"))
        let names = try Repository.files(in: folder, suffix: ".libxc.zst")
        #expect(!names.isEmpty)
        try expectSizes(of: names, in: folder, pinnedIn: "large-sizes.csv")
    }

    /// Encodes into a file, decodes from it, and compares on the way: memory stays small.
    private func roundTrip(
        _ path: String,
        _ compression: Compression
    ) throws -> StreamStatistics {
        let file = try #require(tmpfile())
        defer { fclose(file) }
        let descriptor = fileno(file)

        let stock = try CompressedSource(path: path)
        let encoder = try StreamEncoder(
            from: stock,
            to: FileDescriptorSink(descriptor, name: "a temporary file"),
            cacheSize: .offlineDefault,
            compression: compression
        )
        try encoder.run()
        try stock.finish()

        try #require(lseek(descriptor, 0, SEEK_SET) == 0)
        let comparison = ComparingSink(with: try CompressedSource(path: path))
        let decoder = StreamDecoder(
            from: FileDescriptorSource(descriptor, name: "a temporary file"),
            to: comparison,
            cacheByteCountMaximum: CacheSize.offlineDefault.byteCount
        )
        _ = try decoder.run(acceptsStockStream: false)
        try comparison.expected.finish()
        #expect(encoder.statistics.knownToBothEnds == decoder.statistics)
        return encoder.statistics
    }
}

/// Compares what is written with what is expected.
private final class ComparingSink: ByteSink {
    let expected: CompressedSource
    private var comparedByteCount = 0

    init(with expected: CompressedSource) {
        self.expected = expected
    }

    func write(_ pieces: [UnsafeRawBufferPointer]) throws {
        for piece in pieces {
            try withUnsafeTemporaryAllocation(byteCount: piece.count, alignment: 8) { bytes in
                let byteCount = try expected.read(into: bytes)
                guard
                    byteCount == piece.count, let start = piece.baseAddress,
                    let expectedStart = bytes.baseAddress,
                    memcmp(start, expectedStart, byteCount) == 0
                else { throw StreamDiffers(afterByteCount: comparedByteCount) }
            }
            comparedByteCount += piece.count
        }
    }
}

/// The rebuilt stream is not the one that was sent.
private struct StreamDiffers: Error {
    /// How many bytes were equal before the piece that differs.
    let afterByteCount: Int
}
