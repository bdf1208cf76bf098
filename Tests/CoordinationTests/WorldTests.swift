import TestSupport
import Testing

@testable import Coordination

/// Whole worlds, with whatever goes wrong in them: what must never happen, and what must.
@Suite struct WorldTests {
    private static let seed = SeededGenerator.seedOfRun

    private func guests(_ random: inout SeededGenerator) -> [SimulatedMember.Guest] {
        (0..<Int.random(in: 1...5, using: &random)).map { _ in
            let rate = Double.random(in: 2e6...2e7, using: &random)
            let memory = rate * Double.random(in: 1...30, using: &random)
            return SimulatedMember.Guest(
                memoryByteCount: memory,
                dirtyBytesPerSecond: rate * Double.random(in: 0...1.2, using: &random),
                workingSetByteCount: memory * Double.random(in: 0.001...0.3, using: &random),
                linkBytesPerSecond: rate,
                estimateFactor: Double.random(in: 0.3...2, using: &random)
            )
        }
    }

    private func rules(_ count: Int, _ random: inout SeededGenerator) -> GroupRules {
        var rules = GroupRules()
        if Bool.random(using: &random) { rules.memberCount = count }
        rules.gatheringWindow = Double.random(in: 3...20, using: &random)
        rules.gatheringLimit = Double.random(in: 5...60, using: &random)
        rules.rejoinLimit = Double.random(in: 2...20, using: &random)
        rules.holdLimit = Double.random(in: 20...200, using: &random)
        rules.suspendLimit = 60
        rules.whenMemberFails = Bool.random(using: &random) ? .abort : .continue
        rules.pacing = Int.random(in: 0..<4, using: &random) == 0 ? .spin : .hold
        return rules
    }

    @Test(arguments: 0..<300)
    func whateverHappensTheOutcomeIsOneOutcome(_ number: Int) {
        let seed = Self.seed &+ UInt64(number)
        var random = SeededGenerator(seed: seed)
        let guests = guests(&random)
        let rules = rules(guests.count, &random)
        let kind = number % 4
        let faults = World.Faults(
            membersDie: kind == 1 || kind == 3 ? 0.01 : 0,
            connectionsBreak: kind == 0 ? 0 : 0.05,
            coordinatorDies: kind >= 2 ? 0.05 : 0,
            delay: 0.3,
            unawareSeconds: 5,
            downSeconds: 2
        )
        var world = World(
            guests,
            rules: rules,
            faults: faults,
            seed: seed,
            link: number.isMultiple(of: 3) ? "wan" : nil
        )
        world.run(seconds: 1500)
        let about = "seed \(seed): \(rules) \(world.logs.joined(separator: "\n"))"
        #expect(world.faultsFound.isEmpty, "\(world.faultsFound) \(about)")
        #expect(world.members.allSatisfy { $0.isOver }, "not all have ended: \(about)")
        for group in Set(world.told.map(\.group)) {
            let actions = Set(world.told.filter { $0.group == group }.map(\.decision.action))
            #expect(!actions.isSuperset(of: [.stop, .abort]), "some stop, some abort: \(about)")
        }
        for member in world.members where member.suspendedAt != nil {
            let last = member.followed.last { $0.action == .stop || $0.action == .alone }
            #expect(last != nil, "\(member.join.domain) was paused untold: \(about)")
        }
        for member in world.members {
            // Each has followed what it was told last of all that ends a migration.
            let wasAborted = member.followed.contains { $0.action == .abort }
            #expect(!(wasAborted && member.suspendedAt != nil), "both: \(about)")
        }
        for snapshot in world.snapshots() {
            #expect(snapshot.state.isOver || snapshot.state == .released, "\(snapshot) \(about)")
        }
    }

    @Test(arguments: 0..<100)
    func lostConnectionsAndRestartsChangeNoOutcome(_ number: Int) {
        let seed = Self.seed &+ UInt64(number)
        var random = SeededGenerator(seed: seed)
        let guests = guests(&random)
        var rules = rules(guests.count, &random)
        rules.memberCount = guests.count
        rules.gatheringLimit = 500
        rules.rejoinLimit = 60
        rules.holdLimit = 1500
        let faults = World.Faults(
            connectionsBreak: 0.03,
            coordinatorDies: 0.03,
            delay: 0.3,
            unawareSeconds: 5,
            downSeconds: 2
        )
        var world = World(guests, rules: rules, faults: faults, seed: seed)
        world.run(seconds: 3000)
        let about = "seed \(seed): \(world.logs.joined(separator: "\n"))"
        #expect(world.faultsFound.isEmpty, "\(world.faultsFound) \(about)")
        for member in world.members {
            #expect(member.state == .done, "\(member.join.domain) is \(member.state): \(about)")
            #expect(member.followed.last?.action == .stop, "\(about)")
        }
    }
}
