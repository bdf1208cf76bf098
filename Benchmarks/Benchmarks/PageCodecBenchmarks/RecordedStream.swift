internal import CCompressors
internal import Glibc
internal import PageCodec

/// A recorded libxc stream, decompressed into memory that lives as long as the process.
struct RecordedStream {
    /// The pages of one `PAGE_DATA` record, in place.
    struct Batch {
        let entries: UnsafeBufferPointer<UInt64>
        let pages: UnsafeRawPointer
        let pageCount: Int

        var pageByteCount: Int { pageCount * PageFormat.pageByteCount }
    }

    private(set) var batches: [Batch] = []

    /// The content of all pages.
    var pageByteCount: Int { batches.reduce(0) { $0 + $1.pageByteCount } }

    /// Decompresses a file and finds its batches.
    ///
    /// - Throws: `RecordedStreamError`.
    init(_ file: File) throws(RecordedStreamError) {
        let stream = try Self.decompress(file)
        // libxc's layout: an image header of 24 bytes, a domain header of 16, and records, each a
        // type, a length, and a body that is padded to eight bytes.
        var offset = 40
        while offset + 8 <= stream.count {
            let type = stream.load(fromByteOffset: offset, as: UInt32.self)
            let bodyByteCount = Int(stream.load(fromByteOffset: offset + 4, as: UInt32.self))
            let body = offset + 8
            offset = body + (bodyByteCount + 7) & ~7
            guard offset <= stream.count else { throw .endsEarly(file.path) }
            guard type == 1 else { continue }
            let entries = UnsafeRawBufferPointer(rebasing: stream[(body + 8)..<offset])
                .assumingMemoryBound(to: UInt64.self)
                .prefix(Int(stream.load(fromByteOffset: body, as: UInt32.self)))
            batches.append(Batch(UnsafeBufferPointer(rebasing: entries)))
        }
    }

    private static func decompress(
        _ file: File
    ) throws(RecordedStreamError) -> UnsafeRawBufferPointer {
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotRead(file.path) }
        defer { close(descriptor) }
        let compressedByteCount = Int(lseek(descriptor, 0, SEEK_END))
        // Address space costs nothing: enough of it spares a guess at the size of the stream.
        let addressByteCount = 64 << 30
        guard
            let compressed = mmap(nil, compressedByteCount, PROT_READ, MAP_PRIVATE, descriptor, 0),
            compressed != MAP_FAILED,
            let stream = mmap(
                nil,
                addressByteCount,
                PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                -1,
                0
            ),
            stream != MAP_FAILED
        else { throw .cannotRead(file.path) }
        defer { munmap(compressed, compressedByteCount) }
        let context = ZSTD_createDCtx()
        defer { ZSTD_freeDCtx(context) }
        let result = ZSTD_decompressDCtx(
            context,
            stream,
            addressByteCount,
            compressed,
            compressedByteCount
        )
        guard ZSTD_isError(result) == 0 else { throw .damaged(file.path) }
        return UnsafeRawBufferPointer(start: stream, count: result)
    }
}

extension RecordedStream.Batch {
    /// A batch whose pages follow its entries.
    fileprivate init(_ entries: UnsafeBufferPointer<UInt64>) {
        self.entries = entries
        pages = UnsafeRawPointer(entries.baseAddress.unsafelyUnwrapped + entries.count)
        pageCount = entries.count { PageEntry(bits: $0).hasContent }
    }
}

extension RecordedStream {
    /// A compressed file, not read yet.
    struct File {
        let path: String

        /// The file name without its extensions.
        var name: String {
            let fileName = path.split(separator: "/").last ?? ""
            return String(fileName.prefix { $0 != "." })
        }
    }

    /// The streams in the folder that `CLOUDNET_STREAMS` names, in alphabetical order.
    static func compressedFiles() throws(RecordedStreamError) -> [File] {
        guard let folder = getenv("CLOUDNET_STREAMS").map({ String(cString: $0) }) else {
            throw .noFolderNamed
        }
        var matches = glob_t()
        defer { globfree(&matches) }
        glob(folder + "/*.libxc.zst", 0, nil, &matches)
        let paths = UnsafeBufferPointer(start: matches.gl_pathv, count: Int(matches.gl_pathc))
        guard !paths.isEmpty else { throw .noStreams(folder) }
        return paths.compactMap { $0.map { File(path: String(cString: $0)) } }
    }
}

/// What can be wrong with the recorded streams.
enum RecordedStreamError: Error, CustomStringConvertible {
    case noFolderNamed
    case noStreams(String)
    case cannotRead(String)
    case damaged(String)
    case endsEarly(String)
    case tooFewRewrittenPages

    var description: String {
        switch self {
        case .noFolderNamed:
            "Name a folder of recorded streams (*.libxc.zst) in CLOUDNET_STREAMS."
        case .noStreams(let folder): "No *.libxc.zst in '\(folder)', which CLOUDNET_STREAMS names."
        case .cannotRead(let path): "Cannot read '\(path)'."
        case .damaged(let path): "'\(path)' is not a file of zstd, or is damaged."
        case .endsEarly(let path): "'\(path)' ends within a record."
        case .tooFewRewrittenPages:
            "The streams hold fewer than \(PageArena.chunkPageCount) rewritten pages of a kind."
        }
    }
}
