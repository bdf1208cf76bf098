/// A drawing in SVG; its colours follow the reader's light or dark theme.
///
/// Positions are pixels from the upper left corner. Marks have the colour of a class: `cloudnet`,
/// `general` or `limit`.
public struct ScalableGraphic {
    private let width: Double
    private let height: Double
    private let title: String
    private var content = ""

    /// An empty drawing; the title is for those who cannot see it.
    public init(width: Double, height: Double, title: String) {
        self.width = width
        self.height = height
        self.title = title
    }

    /// Adds a thin line.
    public mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) {
        content += """
            <line class="grid" x1="\(x1.fixed(1))" y1="\(y1.fixed(1))" \
            x2="\(x2.fixed(1))" y2="\(y2.fixed(1))"/>

            """
    }

    /// Adds a filled circle.
    public mutating func dot(_ x: Double, _ y: Double, className: String) {
        content += """
            <circle class="\(className)" cx="\(x.fixed(1))" cy="\(y.fixed(1))" r="4"/>

            """
    }

    /// Adds a filled rectangle.
    public mutating func bar(
        x: Double,
        y: Double,
        width: Double,
        height: Double,
        className: String
    ) {
        content += """
            <rect class="\(className)" x="\(x.fixed(1))" y="\(y.fixed(1))" \
            width="\(width.fixed(1))" height="\(height.fixed(1))"/>

            """
    }

    /// Adds a line of text on a baseline.
    public mutating func label(
        _ text: String,
        _ x: Double,
        _ y: Double,
        anchor: TextAnchor,
        size: Int = 11
    ) {
        content += """
            <text x="\(x.fixed(1))" y="\(y.fixed(1))" text-anchor="\(anchor.rawValue)" \
            font-size="\(size)">\(text)</text>

            """
    }

    /// The drawing as a file.
    public var text: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width.fixed(0)) \
        \(height.fixed(0))" font-family="sans-serif" font-size="11">
        <title>\(title)</title>
        <style>
        .paper { fill: #ffffff }
        text { fill: #24292f }
        .grid { stroke: #d0d7de }
        .cloudnet { fill: #0969da }
        .general { fill: #bc4c00 }
        .limit { fill: #57606a }
        @media (prefers-color-scheme: dark) {
        .paper { fill: #0d1117 }
        text { fill: #e6edf3 }
        .grid { stroke: #3d444d }
        .cloudnet { fill: #58a6ff }
        .general { fill: #f0883e }
        .limit { fill: #9198a1 }
        }
        </style>
        <rect class="paper" width="100%" height="100%"/>
        \(content)</svg>

        """
    }
}

/// Which part of a text is at its position.
public enum TextAnchor: String {
    /// Its beginning.
    case start
    /// Its middle.
    case middle
    /// Its end.
    case end
}
