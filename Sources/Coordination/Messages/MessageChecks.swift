/// What is checked of each message once its fields are read (docs/coordinator-protocol.md).
extension MemberMessage {
    package func check() throws(Refusal) {
        switch self {
        case .join(let join): try join.check()
        case .progress(let progress): try progress.check()
        // A long reason is cut, and printed in one line: nothing else about a failure may be lost.
        case .state: break
        }
    }
}

extension Join {
    func check() throws(Refusal) {
        guard version == CoordinatorProtocol.version else {
            throw Refusal(
                reason: "version \(version) of the protocol is not spoken here, only version "
                    + "\(CoordinatorProtocol.version): update the older side"
            )
        }
        try MessageLimits.checkName(application, "application")
        try MessageLimits.checkName(session, "session")
        try MessageLimits.checkName(domain, "domain")
        try MessageLimits.checkName(uuid, "uuid")
        try MessageLimits.checkName(host, "host")
        if let link { try MessageLimits.checkName(link, "link") }
        try MessageLimits.checkNumber(memoryByteCount, "memory-bytes")
        try MessageLimits.checkNumber(lastDecision, "last-decision")
        try MessageLimits.checkNumber(
            expectedMemberCount,
            "expected-members",
            in: 1...GroupLimits.memberCount
        )
    }
}

extension Progress {
    func check() throws(Refusal) {
        try MessageLimits.checkNumber(round, "round")
        try MessageLimits.checkNumber(sentPageCount, "pages-sent")
        try MessageLimits.checkNumber(dirtyPageCount, "pages-dirty")
        try MessageLimits.checkNumber(remainingPageCount, "pages-remaining")
        try MessageLimits.checkNumber(remainingByteCount, "bytes-remaining")
        try MessageLimits.checkNumber(transferredByteCount, "bytes-transferred")
        try MessageLimits.checkNumber(bytesPerSecond, "bytes-per-second")
        try MessageLimits.checkNumber(pauseMilliseconds, "pause-milliseconds")
        try MessageLimits.checkSeconds(secondsToReady, "seconds-to-ready")
    }
}

extension CoordinatorMessage {
    package func check() throws(Refusal) {
        switch self {
        case .welcome(let welcome):
            guard welcome.version == CoordinatorProtocol.version else {
                throw Refusal(reason: "the coordinator speaks version \(welcome.version)")
            }
            try MessageLimits.checkName(welcome.application, "application")
            try MessageLimits.checkNumber(welcome.group, "group")
            try MessageLimits.checkNumber(welcome.memberCount, "members")
            try MessageLimits.checkNumber(welcome.expectedMemberCount, "expected-members")
        case .decision(let decision):
            try MessageLimits.checkNumber(decision.number, "number")
            try MessageLimits.checkReason(decision.reason)
            try MessageLimits.checkNumber(
                decision.bandwidthLimit,
                "bandwidth-limit",
                in: 1...MessageLimits.numberMaximum
            )
            try MessageLimits.checkSeconds(decision.secondsToStop, "seconds-to-stop")
        case .alive: break
        case .refusal(let refusal): try MessageLimits.checkReason(refusal.reason)
        }
    }
}

extension OperatorRequest {
    package func check() throws(Refusal) {
        switch self {
        case .list: break
        case .abort(let application), .release(let application):
            try MessageLimits.checkName(application, "application")
        }
    }
}

extension OperatorAnswer {
    // It comes from the coordinator on the same host, and is shown as it is.
    package func check() throws(Refusal) {}
}
