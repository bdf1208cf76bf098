internal import MigrationReport

/// Collects the elements of a picture; all text in it is escaped here.
struct SVGCanvas {
    private(set) var elements = ""

    /// How long text gets at most, in the widest of usual fonts: letters per unit of font size.
    private static let letterWidth = 0.62

    enum Anchor: String { case start, middle, end }

    mutating func rectangle(
        _ style: String,
        x: Double,
        y: Double,
        width: Double,
        height: Double,
        radius: Double = 0,
        title: String = ""
    ) {
        let corner = radius > 0 ? " rx=\"\(Self.number(radius))\"" : ""
        let tag =
            "<rect class=\"\(style)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" "
            + "width=\"\(Self.number(max(width, 0)))\" height=\"\(Self.number(max(height, 0)))\"\(corner)"
        elements +=
            title.isEmpty ? tag + "/>\n" : tag + "><title>\(Self.escaped(title))</title></rect>\n"
    }

    mutating func line(_ style: String, x1: Double, y1: Double, x2: Double, y2: Double) {
        elements +=
            "<line class=\"\(style)\" x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\" "
            + "x2=\"\(Self.number(x2))\" y2=\"\(Self.number(y2))\"/>\n"
    }

    mutating func polyline(_ style: String, _ points: [(x: Double, y: Double)]) {
        let list = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }
        elements += "<polyline class=\"\(style)\" points=\"\(list.joined(separator: " "))\"/>\n"
    }

    mutating func polygon(_ style: String, _ points: [(x: Double, y: Double)]) {
        let list = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }
        elements += "<polygon class=\"\(style)\" points=\"\(list.joined(separator: " "))\"/>\n"
    }

    /// Writes text; it is cut so that it is not wider than `width`.
    mutating func text(
        _ text: String,
        x: Double,
        y: Double,
        size: Double = 12,
        style: String = "",
        anchor: Anchor = .start,
        width: Double = .infinity
    ) {
        let letterCount = width.isFinite ? Int(width / (size * Self.letterWidth)) : 10_000
        let clean = VisibleText.clean(text, scalarCountMaximum: max(letterCount - 1, 1))
        let classAttribute = style.isEmpty ? "" : " class=\"\(style)\""
        elements +=
            "<text\(classAttribute) x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" "
            + "font-size=\"\(Self.number(size))\" text-anchor=\"\(anchor.rawValue)\">"
            + "\(Self.escaped(clean))</text>\n"
    }

    /// Text for XML and HTML, between tags or in double quotes.
    static func escaped(_ text: String) -> String {
        // Scalar by scalar: with an accent after it, "<" is another character, but still a tag.
        text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }

    private static func number(_ value: Double) -> String {
        value.isFinite ? Units.decimal(value, digits: 1) : "0"
    }
}
