internal import ArgumentParser
internal import Coordination
internal import Foundation
internal import RawMember

/// Many groups at once, against the real coordinator over loopback.
@main
struct CoordinatorLoad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator-load",
        abstract: "Measure how fast a coordinator with many members decides, and what it takes."
    )

    @Option(help: "How many members there are in all.")
    var members = 1000

    @Option(help: "How many groups they make.")
    var groups = 200

    @Option(help: "Over how many seconds the members become ready.")
    var seconds = 20.0

    @Option(help: "The coordinator's program.")
    var coordinator = CoordinatorProcess.path(of: "cloudnet-coordinator")

    func run() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("coordinator-load-\(getpid())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let address = CoordinatorAddress.tcp(
            host: "127.0.0.1",
            port: 20_000 + Int(getpid()) % 10_000
        )
        let process = try CoordinatorProcess(
            program: coordinator,
            [
                "--listen", "\(address)", "--state", folder + "/state.sqlite", "--log", "warning",
            ],
            address: address
        )
        let start = Self.now
        let all = try (0..<members).map { number in
            try LoadMember(
                number,
                group: number % groups,
                of: members / groups,
                at: address,
                readyAt: start + 5 + Double.random(in: 0..<seconds)
            )
        }
        try serve(all, until: start + 5 + seconds + 30)
        report(all, peakByteCount: process.peakResidentByteCount ?? 0)
        guard process.end(SIGTERM) == 0 else { throw LoadFailure("the coordinator failed") }
    }

    private func serve(_ all: [LoadMember], until end: Double) throws {
        var states = all.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        while all.contains(where: { $0.stopReadAt == nil }) {
            guard Self.now < end else { throw LoadFailure("not all members were told to stop") }
            for member in all { member.act(at: Self.now) }
            guard poll(&states, nfds_t(states.count), 2) > 0 else { continue }
            for (index, state) in states.enumerated() where state.revents != 0 {
                try all[index].read { Self.now }
                if all[index].stopReadAt != nil { states[index].fd = -1 }
            }
        }
    }

    private func report(_ all: [LoadMember], peakByteCount: Int) {
        var readyTimes: [Int: Double] = [:]
        for member in all {
            readyTimes[member.group] = max(readyTimes[member.group] ?? 0, member.readySentAt ?? 0)
        }
        let latencies = all.map { ($0.stopReadAt ?? 0) - (readyTimes[$0.group] ?? 0) }.sorted()
        func milliseconds(_ share: Double) -> String {
            let index = min(Int(Double(latencies.count) * share), latencies.count - 1)
            return String(format: "%.1f", latencies[index] * 1000)
        }
        print("\(all.count) members in \(groups) groups, ready within \(seconds) s")
        print(
            "from the last ready to each stop, ms: median \(milliseconds(0.5)), "
                + "90 % \(milliseconds(0.9)), 99 % \(milliseconds(0.99)), "
                + "longest \(milliseconds(1))"
        )
        print("peak memory of the coordinator: \(peakByteCount / 1_000_000) MB")
    }

    private static var now: Double {
        Double(DispatchTime.now().uptimeNanoseconds) / 1e9
    }
}
