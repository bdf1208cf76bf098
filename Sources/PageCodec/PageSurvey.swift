/// What can be told of the pages of a batch without the cache, so that it need not be found out while
/// others wait for their turn with the cache.
public final class PageSurvey {
    struct Finding {
        var isZero: Bool
        var prints: PageFingerprint

        init(of page: UnsafeRawPointer) {
            isZero = isZeroPage(page)
            prints = isZero ? .ofZeroPage : PageFingerprint(of: page)
        }
    }

    let findings: UnsafeMutablePointer<Finding>

    /// Allocates memory for the findings of one batch.
    public init() {
        findings = .allocate(capacity: PageFormat.entriesPerBatchMaximum)
    }

    deinit { findings.deallocate() }

    /// Looks at the pages of a batch.
    ///
    /// Cost: one test for zero and one pass of XXH3 per page.
    ///
    /// - Parameters:
    ///   - pages: The pages, one after the other.
    ///   - count: How many; no more than `PageFormat.entriesPerBatchMaximum`.
    public func look(at pages: UnsafeRawPointer, count: Int) {
        precondition(count <= PageFormat.entriesPerBatchMaximum)
        for index in 0..<count {
            findings[index] = Finding(of: pages + index * PageFormat.pageByteCount)
        }
    }
}
