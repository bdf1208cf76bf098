internal import Coordination
internal import FoundationEssentials

/// Groups as JSON: what the coordinator answers, without its newline.
enum GroupsJSON {
    /// The text, in printable ASCII: a terminal, too, may show it.
    static func text(_ groups: [GroupSnapshot]) -> String {
        let line = String(decoding: OperatorAnswer.groups(groups).line.dropLast(), as: UTF8.self)
        var text = ""
        for unit in line.utf16 {
            if unit < 0x7f {
                text.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            } else {
                // Outside strings JSON has only ASCII.
                let digits = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return text
    }
}
