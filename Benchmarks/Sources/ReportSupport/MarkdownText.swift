/// A paragraph of Markdown, its lines at most 100 columns wide, and an empty line.
///
/// - Parameter text: Words; how they are spread over lines does not matter.
/// - Returns: The lines.
public func paragraph(_ text: String) -> String {
    var lines = [""]
    for word in text.split(whereSeparator: \.isWhitespace) {
        let line = lines[lines.count - 1]
        if line.isEmpty {
            lines[lines.count - 1] = String(word)
        } else if line.count + 1 + word.count <= 100 {
            lines[lines.count - 1] += " " + word
        } else {
            lines.append(String(word))
        }
    }
    return lines.joined(separator: "\n") + "\n\n"
}

/// A heading of Markdown and an empty line; one is the largest.
public func heading(_ level: Int, _ text: String) -> String {
    String(repeating: "#", count: level) + " \(text)\n\n"
}
