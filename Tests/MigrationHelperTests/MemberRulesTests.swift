import Configuration
import Coordination
import TestSupport
import Testing

@testable import MigrationHelper
@testable import StopPolicy

/// What a member does, without a coordinator, a guest or a clock.
struct MemberRulesTests {
    private func verdict(_ decision: Verdict.Decision, pages: Int = 1000) -> Verdict {
        Verdict(
            decision: decision,
            reason: .noGain,
            roundNumber: 3,
            pendingPageCount: pages,
            pendingByteCount: 0,
            pauseMilliseconds: 0
        )
    }

    private func contact(_ number: Int, _ action: Decision.Action) -> MemberRules.Contact {
        MemberRules.Contact(decision: Decision(number: number, action, reason: "because"))
    }

    private var rules: MemberRules { MemberRules(deadlineSeconds: 10, lost: .abort) }

    @Test func aMemberHoldsWhereItWouldStop() {
        var rules = rules
        #expect(rules.decision(after: verdict(.next)) == .next)
        #expect(rules.state == .iterating)
        #expect(rules.decision(after: verdict(.stop)) == .hold)
        #expect(rules.state == .ready)
        #expect(rules.decision(whileHeld: verdict(.stop), dirtyPageCount: 5000) == nil)
        _ = rules.look(at: contact(1, .hold))
        #expect(rules.state == .waiting)
        _ = rules.look(at: contact(2, .continue))
        #expect(rules.decision(whileHeld: verdict(.stop), dirtyPageCount: 5000) == .next)
        // Whatever its own policy says of a closing round.
        #expect(rules.decision(after: verdict(.next)) == .hold)
        _ = rules.look(at: contact(3, .stop))
        #expect(rules.state == .released)
        #expect(rules.decision(whileHeld: verdict(.next), dirtyPageCount: 5000) == .stop)
        #expect(rules.stopReason == "because")
    }

    @Test func nothingIsFollowedTwiceOrTooLate() {
        var rules = rules
        #expect(rules.look(at: contact(5, .hold)) != nil)
        #expect(rules.look(at: contact(5, .abort)) == nil)
        #expect(rules.look(at: contact(4, .abort)) == nil)
        _ = rules.look(at: contact(6, .stop))
        #expect(rules.decision(after: verdict(.next)) == .stop)
        // The guest is about to be paused: what comes now is too late.
        #expect(rules.look(at: contact(7, .abort)) == nil)
        var silence = contact(8, .abort)
        silence.silentSeconds = 100
        #expect(rules.look(at: silence) == nil)
    }

    @Test func aDecisionFromBeforeTheHoldEndsNoHold() {
        var rules = rules
        _ = rules.look(at: contact(1, .continue))
        #expect(rules.decision(after: verdict(.stop)) == .hold)
        #expect(rules.look(at: contact(1, .continue)) == nil)
        #expect(rules.decision(whileHeld: verdict(.stop), dirtyPageCount: 0) == nil)
    }

    @Test func itsOwnEndIsItsOwn() {
        var rules = rules
        #expect(rules.decision(after: verdict(.abort)) == .abort)
        _ = rules.look(at: contact(1, .stop))
        #expect(rules.decision(after: verdict(.abort)) == .abort)
    }

    @Test(arguments: [LostChoice.abort, .alone])
    func silenceCountsInAHoldAndAtTheBeginning(lost: LostChoice) {
        func isEnd(_ rules: inout MemberRules, _ contact: MemberRules.Contact) -> Bool {
            switch rules.look(at: contact) {
            case .giveUp: lost == .abort
            case .goAlone: lost == .alone
            default: false
            }
        }
        let silence = MemberRules.Contact(silentSeconds: 10.1)
        let newRules = MemberRules(deadlineSeconds: 10, lost: lost)
        var rules = newRules
        #expect(rules.look(at: silence) == nil)
        _ = rules.decision(after: verdict(.stop))
        #expect(rules.look(at: .init(silentSeconds: 9.9)) == nil)
        #expect(isEnd(&rules, silence))
        var lonely = newRules
        #expect(isEnd(&lonely, .init(silentSeconds: 10.1, hasJoined: false)))
        // Told to stop, it needs nobody any more.
        var released = newRules
        _ = released.look(at: contact(1, .stop))
        #expect(released.look(at: .init(silentSeconds: 99, hasJoined: false)) == nil)
    }

    @Test func whoIsAloneDoesWhatItsPolicySays() {
        var rules = rules
        #expect(rules.decision(after: verdict(.stop)) == .hold)
        #expect(
            rules.look(at: contact(1, .alone)) == .goAlone(reason: "the coordinator says: because")
        )
        #expect(rules.decision(whileHeld: verdict(.stop), dirtyPageCount: 1100) == .stop)
        // Another round, if what was judged is no longer there.
        #expect(rules.decision(whileHeld: verdict(.stop), dirtyPageCount: 1300) == .next)
        #expect(rules.decision(after: verdict(.next)) == .next)
        #expect(rules.decision(after: verdict(.stop)) == .stop)
        #expect(rules.look(at: contact(2, .abort)) == nil)
    }

    /// Whatever comes in whatever order: a save stops only if it was told to, or is alone.
    @Test func nobodyStopsUntold() {
        var generator = SeededGenerator(seed: SeededGenerator.seedOfRun)
        for _ in 0..<2000 {
            var rules = rules
            var newest = 0
            var isTold = false
            for _ in 0..<20 {
                let action = Decision.Action.allCases.randomElement(using: &generator) ?? .hold
                let number = Int.random(in: 0..<20, using: &generator)
                if number > newest {
                    newest = number
                    isTold = isTold || action == .stop || action == .alone
                    let step = rules.look(at: contact(number, action))
                    if case .giveUp = step { break }
                } else {
                    #expect(rules.look(at: contact(number, action)) == nil)
                }
                let judged = verdict(Bool.random(using: &generator) ? .next : .stop)
                let decision =
                    rules.state.isHeld
                    ? rules.decision(whileHeld: judged, dirtyPageCount: 0)
                    : rules.decision(after: judged)
                #expect(
                    decision != .stop || isTold,
                    "CLOUDNET_TEST_SEED=\(SeededGenerator.seedOfRun)"
                )
                if decision == .stop { break }
            }
        }
    }
}
