/// Text from outside within a message: short, and nothing that a terminal would obey.
package func printable(_ text: String) -> String {
    let maximum = 80
    var shown = ""
    for scalar in text.unicodeScalars.prefix(maximum) {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse:
            shown += scalar.escaped(asASCII: true)
        default:
            shown.unicodeScalars.append(scalar)
        }
    }
    return text.unicodeScalars.count > maximum ? shown + "..." : shown
}

/// Text from outside in quotation marks.
package func quoted(_ text: String) -> String {
    "'\(printable(text))'"
}
