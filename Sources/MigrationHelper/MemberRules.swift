internal import Configuration
internal import Coordination
internal import StopPolicy

/// What a save that is a member of a group does, by what its own policy and the coordinator say.
///
/// Pure: decisions and silence are given to it. While no decision asks for something else, a member
/// sends rounds until its own policy would stop, and then holds.
struct MemberRules {
    /// For how long a member goes on without a coordinator.
    let deadlineSeconds: Double
    /// What it does then.
    let lost: LostChoice

    /// What the save does.
    private(set) var state = MemberState.iterating
    /// Whether the save decides alone from now on, and why.
    private(set) var aloneReason: String?
    /// Why it was told to stop, if it was.
    private(set) var stopReason: String?
    /// Whether the round is one that the coordinator asked for.
    private(set) var isClosing = false

    private var followedNumber = Int.min

    init(deadlineSeconds: Double, lost: LostChoice) {
        self.deadlineSeconds = deadlineSeconds
        self.lost = lost
    }

    /// What is known of the coordinator.
    struct Contact {
        /// Its newest decision.
        var decision: Decision?
        /// For how long there has been no connection.
        var silentSeconds = 0.0
        /// Whether it ever took this save into a group.
        var hasJoined = true
    }

    /// What follows from it.
    enum Step: Equatable {
        /// A decision is followed from now on.
        case follow(Decision)
        /// The save decides alone from now on.
        case goAlone(reason: String)
        /// The save is to be given up.
        case giveUp(reason: String)
    }

    /// Looks at what is known, at any time.
    ///
    /// - Returns: What follows that did not before; nothing once the save is alone or released.
    mutating func look(at contact: Contact) -> Step? {
        guard aloneReason == nil, state == .iterating || state.isHeld else { return nil }
        if let decision = contact.decision, decision.number > followedNumber {
            followedNumber = decision.number
            return follow(decision)
        }
        guard contact.silentSeconds > deadlineSeconds, stopReason == nil,
            state.isHeld || !contact.hasJoined
        else { return nil }
        let silence =
            "no contact with the coordinator for \(Int(contact.silentSeconds)) s, and "
            + "coordinator-lost is \(lost.rawValue)"
        guard lost == .alone else { return .giveUp(reason: silence) }
        aloneReason = silence
        return .goAlone(reason: silence)
    }

    private mutating func follow(_ decision: Decision) -> Step {
        switch decision.action {
        case .abort:
            return .giveUp(reason: "the coordinator says abort: \(decision.reason)")
        case .alone:
            aloneReason = decision.reason
            return .goAlone(reason: "the coordinator says: \(decision.reason)")
        case .stop:
            stopReason = decision.reason
            if state.isHeld { state = .released }
        case .hold:
            if state.isHeld { state = .waiting }
        case .continue:
            if state.isHeld {
                state = .iterating
                isClosing = true
            }
        }
        return .follow(decision)
    }

    /// What to do after a round.
    mutating func decision(after verdict: Verdict) -> Verdict.Decision {
        if verdict.decision == .abort || aloneReason != nil { return verdict.decision }
        if stopReason != nil {
            state = .released
            return .stop
        }
        guard isClosing || verdict.decision == .stop else { return .next }
        isClosing = false
        state = .ready
        return .hold
    }

    /// What to do in a hold.
    ///
    /// - Parameters:
    ///   - verdict: What the own policy said before.
    ///   - dirtyPageCount: How many pages are dirty now.
    /// - Returns: Nothing if it goes on.
    func decision(whileHeld verdict: Verdict, dirtyPageCount: Int) -> Verdict.Decision? {
        if aloneReason != nil {
            // What was judged is no longer there if much has been written since.
            return dirtyPageCount * 4 > verdict.pendingPageCount * 5 ? .next : verdict.decision
        }
        return switch state {
        case .released: .stop
        case .iterating: .next
        default: nil
        }
    }
}
