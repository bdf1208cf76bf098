import CXenShim
import Foundation
import Glibc
import Testing

/// The process that keeps the memory of a helper for the moment in which nobody shall wait for it.
///
/// Here it is that of the test.
@Suite struct LeftMemoryTests {
    @Test(.timeLimit(.minutes(1))) func aChildHoldsTheMemoryAndNothingElse() throws {
        let child = xenshim_leave_memory_to_child()
        try #require(child > 0)
        var descriptors = Self.descriptors(of: child)
        // It has a copy of all of ours, for a moment.
        while descriptors.count > 1 { descriptors = Self.descriptors(of: child) }
        #expect(descriptors.map(\.number) == [STDIN_FILENO])
        #expect(Self.mappings(of: child) == Self.mappings(of: getpid()))
        #expect(waitpid(child, nil, WNOHANG | Self.anyChild) == 0, "it has ended")

        // As when this process ends.
        let pipe = try #require(descriptors.first?.target)
        for descriptor in Self.descriptors(of: getpid()) where descriptor.target == pipe {
            close(descriptor.number)
        }
        var status: Int32 = -1
        #expect(waitpid(child, &status, Self.anyChild) == child)
        #expect(status == 0)
    }

    /// `__WALL`: it sends no signal when it ends.
    private static let anyChild: Int32 = 0x4000_0000

    private static func descriptors(of process: pid_t) -> [(number: Int32, target: String)] {
        let folder = "/proc/\(process)/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { name in
            guard let number = Int32(name),
                let target = try? FileManager.default.destinationOfSymbolicLink(
                    atPath: "\(folder)/\(name)"
                )
            else { return nil }
            return (number, target)
        }
    }

    /// Where the program lies: other threads of the tests change other parts of the memory.
    private static func mappings(of process: pid_t) -> [Substring] {
        let text = try? String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8)
        return (text ?? "").split(separator: "\n").filter { $0.contains(" r-xp ") }
    }
}
