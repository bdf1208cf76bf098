internal import CXenShim
internal import Configuration
internal import Glibc

/// What xenstore holds for a domain; without a xenstore, nothing.
struct Xenstore {
    private let folder: String

    init(domid: UInt32) {
        folder = "/local/domain/\(domid)"
    }

    /// The domain's name.
    var name: String? { read("name") }

    /// What an operator wrote for a setting of this domain; guests cannot write there.
    func setting(_ key: String) -> String? { read("cloudnet/\(key)") }

    private func read(_ path: String) -> String? {
        guard let content = xenshim_read_xenstore("\(folder)/\(path)") else { return nil }
        defer { free(content) }
        return String(cString: content)
    }
}
