internal import Glibc

/// A moment as text: `2025-11-21 10:04:55 UTC`.
package enum UTCTime {
    package static func text(secondsSince1970: Double) -> String {
        guard var seconds = time_t(exactly: secondsSince1970.rounded(.down)) else { return "" }
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return "" }
        var text = [CChar](repeating: 0, count: 64)
        let count = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S UTC", &parts)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
