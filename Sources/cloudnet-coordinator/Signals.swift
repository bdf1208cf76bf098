internal import Dispatch
internal import Glibc

/// Signals that end the process in order.
struct Signals {
    /// One for each signal that comes.
    let arrivals: AsyncStream<Void>
    private let sources: [any DispatchSourceSignal]

    /// From now on these signals do nothing but arrive here.
    init(_ numbers: [Int32]) {
        let (arrivals, continuation) = AsyncStream.makeStream(of: Void.self)
        self.arrivals = arrivals
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield() }
            source.resume()
            return source
        }
    }
}
