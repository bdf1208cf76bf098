import Coordination
import Foundation
import Testing

@testable import CoordinatorServer

/// docs/coordinator-web.md says what is so.
struct WebDocumentTests {
    @Test func everyMetricIsDescribedAndNoOther() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/coordinator-web.md")
        let document = try String(contentsOf: path, encoding: .utf8)
        let described = document.matches(of: #/\n\| `(cloudnet_[a-z_]+)` \|/#).map { String($0.1) }
        let groups = [WebExamples.shop, WebExamples.arrivedShop].enumerated().map { index, group in
            var group = group
            group.application += "\(index)"
            return group
        }
        let metrics = try PrometheusText(GroupMetrics.text(groups))
        #expect(described.sorted() == metrics.types.keys.sorted())
    }
}
