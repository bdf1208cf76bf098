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
    /// Whether zstd looks for matches in earlier batches too, rather than in each alone.
    ///
    /// A fast search finds next to nothing there, and does not pay for it: each batch alone takes an
    /// eighth less time, and a thousandth to a hundredth more bytes.
    var looksBack: Bool { level > 3 || isLongDistance }

    /// The largest window that pays, as a power of two.
    var windowLogMaximum: Int { isLongDistance ? ExtendedStream.windowLogs.upperBound : 22 }

    /// The size of zstd's table, as a power of two, where another than zstd's own is better: a smaller
    /// one stays in the processor's cache.
    ///
    /// At level 3 it is the table of long matches, few of which the page classes leave. With it and
    /// the one of short matches, level 3 takes a fifth less time, and a hundredth more bytes. The highest
    /// levels take a quarter less time, half the memory, and a half percent more bytes.
    var hashLog: Int? {
        switch level {
        case 1: 13
        case 2: 15
        case 3: 16
        case 5...6: 19
        case 7...: 20
        default: nil
        }
    }

    /// How long a match must be for zstd, where another length than its own is better.
    ///
    /// Without the shortest ones, level 1 takes a twentieth less time, and a fiftieth more bytes; with
    /// them, level 3 saves a hundredth of the bytes for a twentieth more time.
    var minMatch: Int? {
        switch level {
        case 1: 7
        case 2: 5
        case 3: 4
        default: nil
        }
    }

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
