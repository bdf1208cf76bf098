internal import Glibc
internal import SimulatedGuest

// What an experiment sets in the environment; docs/simulated-xen.md explains it.

/// A number from the environment.
func setting(_ name: String, default value: Int) -> Int {
    getenv(name).flatMap { Int(String(cString: $0)) } ?? value
}

/// A number with a fraction from the environment.
func setting(_ name: String, default value: Double) -> Double {
    getenv(name).flatMap { Double(String(cString: $0)) } ?? value
}

/// A path from the environment.
func path(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}

extension PrecopyRule {
    /// The rule for a helper without a policy; `nil` if there is none of that name.
    static var fromEnvironment: PrecopyRule? {
        var rule: PrecopyRule
        switch path("SIMULATED_XEN_RULE") ?? "stock" {
        case "stock": rule = .stock
        case "paper": rule = .paper
        default: return nil
        }
        rule.roundMaximum = setting("SIMULATED_XEN_ROUND_MAXIMUM", default: rule.roundMaximum)
        return rule
    }
}
