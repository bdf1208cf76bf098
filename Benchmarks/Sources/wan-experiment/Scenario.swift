/// What is measured several times: a guest that moves over a link by a method.
struct Scenario: Hashable, Sendable, CustomStringConvertible {
    let guest: String
    let link: String
    let method: String

    var description: String { "\(guest)/\(link)/\(method)" }

    /// Whether a text such as "kbuild-256/100m/all" means it; `*` stands for any part.
    func matches(_ pattern: String) -> Bool {
        let parts = pattern.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 3
            && zip(parts, [guest, link, method]).allSatisfy { $0 == "*" || $0 == $1 }
    }
}
