/// What libxl asks its helper to do, from the helper's command line.
///
/// Source: `libxl_save_callout.c` and `libxl_save_helper.c` of Xen 4.17.
public enum HelperArguments: Equatable, Sendable {
    /// Save a domain into a stream.
    case save(SaveArguments)
    /// Restore a domain from a stream.
    case restore(RestoreArguments)

    /// The first argument of each mode.
    public static let saveOption = "--save-domain"
    /// The first argument of each mode.
    public static let restoreOption = "--restore-domain"

    /// Reads a command line, without the program's name.
    ///
    /// - Throws: `HelperArgumentsError` that names the argument.
    public init(_ arguments: [String]) throws(HelperArgumentsError) {
        guard let mode = arguments.first else { throw .noMode }
        var numbers = NumberReader(arguments.dropFirst())
        switch mode {
        case Self.saveOption:
            self = .save(try SaveArguments(reading: &numbers))
        case Self.restoreOption:
            self = .restore(try RestoreArguments(reading: &numbers))
        default:
            throw .unknownMode(mode)
        }
        try numbers.finish()
    }
}

/// The arguments of `--save-domain`.
public struct SaveArguments: Equatable, Sendable {
    /// Where the stream goes; libxl writes to it before and after the helper.
    public var streamDescriptor: Int32
    /// The way back, in COLO only.
    public var backDescriptor: Int32
    /// The domain.
    public var domid: UInt32
    /// Bit 0: live; bit 1: debug, which adds a verifying pass.
    public var flags: UInt32
    /// Whether the guest runs while it is saved (`XCFLAGS_LIVE`).
    public var isLive: Bool { flags & 1 != 0 }
    /// The callbacks that libxl has, bit N for message N.
    public var callbackMask: UInt32
    /// What the stream is for.
    public var streamType: StreamType

    init(reading numbers: inout NumberReader) throws(HelperArgumentsError) {
        streamDescriptor = try numbers.next("stream descriptor")
        backDescriptor = try numbers.next("back descriptor")
        domid = try numbers.next("domid")
        flags = try numbers.next("flags")
        callbackMask = try numbers.next("callback mask")
        streamType = try numbers.nextStreamType()
    }
}

/// The arguments of `--restore-domain`.
public struct RestoreArguments: Equatable, Sendable {
    /// Where the stream comes from; libxl reads from it before and after the helper.
    public var streamDescriptor: Int32
    /// The way back, in COLO only.
    public var backDescriptor: Int32
    /// The domain, which exists and is empty.
    public var domid: UInt32
    /// The guest's event channel for xenstore.
    public var storeEventChannel: UInt32
    /// The domain in which xenstore runs.
    public var storeDomid: UInt32
    /// The guest's event channel for its console.
    public var consoleEventChannel: UInt32
    /// The domain in which the console runs.
    public var consoleDomid: UInt32
    /// The callbacks that libxl has, bit N for message N.
    public var callbackMask: UInt32
    /// What the stream is for.
    public var streamType: StreamType

    init(reading numbers: inout NumberReader) throws(HelperArgumentsError) {
        streamDescriptor = try numbers.next("stream descriptor")
        backDescriptor = try numbers.next("back descriptor")
        domid = try numbers.next("domid")
        storeEventChannel = try numbers.next("store event channel")
        storeDomid = try numbers.next("store domid")
        consoleEventChannel = try numbers.next("console event channel")
        consoleDomid = try numbers.next("console domid")
        callbackMask = try numbers.next("callback mask")
        streamType = try numbers.nextStreamType()
    }
}

/// What a stream is for: libxenguest's `xc_stream_type_t`.
public enum StreamType: UInt32, Sendable {
    /// A migration or a save, once.
    case plain = 0
    /// Checkpoints for a standby.
    case remus = 1
    /// Checkpoints for a standby that runs along.
    case colo = 2
}

/// A command line that libxl would not give.
public enum HelperArgumentsError: Error, Equatable, CustomStringConvertible {
    /// There are no arguments.
    case noMode
    /// The first argument is neither mode.
    case unknownMode(String)
    /// An argument is missing.
    case missing(String)
    /// An argument is not a number, or not one that fits.
    case notANumber(String, found: String)
    /// There are more arguments than the mode has.
    case surplus(String)

    /// What is wrong, in one line.
    public var description: String {
        switch self {
        case .noMode: "no mode was given"
        case .unknownMode(let mode): "unknown mode '\(mode)'"
        case .missing(let name): "the argument '\(name)' is missing"
        case .notANumber(let name, let found): "the argument '\(name)' cannot be '\(found)'"
        case .surplus(let argument): "unexpected argument '\(argument)'"
        }
    }
}

/// Takes numbers from a command line one by one.
struct NumberReader {
    private var rest: ArraySlice<String>

    init(_ arguments: ArraySlice<String>) {
        rest = arguments
    }

    mutating func next<Number: FixedWidthInteger>(
        _ name: String
    ) throws(HelperArgumentsError) -> Number {
        guard let text = rest.popFirst() else { throw .missing(name) }
        guard let number = Number(text) else { throw .notANumber(name, found: text) }
        return number
    }

    mutating func nextStreamType() throws(HelperArgumentsError) -> StreamType {
        let number: UInt32 = try next("stream type")
        guard let type = StreamType(rawValue: number) else {
            throw .notANumber("stream type", found: String(number))
        }
        return type
    }

    func finish() throws(HelperArgumentsError) {
        if let surplus = rest.first { throw .surplus(surplus) }
    }
}
