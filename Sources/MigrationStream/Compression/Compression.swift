internal import CZstd

/// How hard to compress what the page classes leave: what an operator asks for.
public enum Compression: Equatable, Sendable {
    /// As hard as the link and the processor make worthwhile, batch by batch.
    case auto
    /// Not at all.
    case off
    /// With zstd at this level, one of `levels`.
    case level(Int)

    /// What `auto` means for a file, which takes bytes at any speed and yet should be small.
    static let ofFile = Compression.level(1)

    /// The levels that keep within the memory of a small dom0; negative ones are faster.
    public static let levels = -20...9

    /// What can be asked for, for messages.
    public static let expectation =
        "'auto', 'off', or a level of zstd from \(levels.lowerBound) to \(levels.upperBound)"

    /// Reads what an operator wrote; zero is no level of its own.
    public init?(_ text: String) {
        if text == "auto" {
            self = .auto
        } else if text == "off" {
            self = .off
        } else if let level = Int(text), Self.levels ~= level, level != 0 {
            self = .level(level)
        } else {
            return nil
        }
    }
}

/// What becomes of one page batch.
enum BatchTreatment: Hashable, Sendable {
    /// It is sent as libxc wrote it: for a link that is faster than the page classes.
    case whole
    /// It is coded.
    case coded
    /// It is coded and compressed.
    case compressed(CompressionEffort)
}

extension BatchTreatment: CustomStringConvertible {
    var description: String {
        switch self {
        case .whole: "whole"
        case .coded: "off"
        case .compressed(let effort): effort.description
        }
    }
}

/// How zstd compresses one batch.
struct CompressionEffort: Hashable, Sendable {
    /// zstd's level.
    var level: Int

    /// Whether zstd looks for long matches far back as well.
    var isLongDistance = false
}

extension CompressionEffort {
    /// The largest window that pays, as a power of two: a fast search finds little far back, and a
    /// small window stays in the processor's cache.
    var windowLogMaximum: Int {
        if isLongDistance { return ExtendedStream.windowLogs.upperBound }
        return switch level {
        case ...0: 19
        case 1: 18
        case 2: 20
        default: 22
        }
    }

    /// The size of zstd's table, as a power of two, where another than zstd's own is better: a smaller
    /// one stays in the processor's cache.
    ///
    /// At level 3 it is the table of long matches, few of which the page classes leave. With it and
    /// the one of short matches, level 3 takes a sixth less time, and a hundredth more bytes.
    var hashLog: Int? {
        switch level {
        case 1: 13
        case 3: 15
        default: nil
        }
    }

    /// How long a match must be for zstd, where another length than its own is better: shorter ones
    /// save a fortieth of the bytes in the same time.
    var minMatch: Int? { level == 1 ? 6 : nil }

    /// The size of zstd's table of short matches, likewise.
    var chainLog: Int? { level == 3 ? 16 : nil }
}

extension CompressionEffort: CustomStringConvertible {
    var description: String { isLongDistance ? "\(level) long" : "\(level)" }
}

/// The library that compresses.
public enum CompressionLibrary {
    /// Its version, such as "1.5.4".
    public static var version: String { String(cString: ZSTD_versionString()) }
}
