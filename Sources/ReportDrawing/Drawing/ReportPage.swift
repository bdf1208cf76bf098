internal import MigrationReport

extension ReportDrawing {
    /// The picture in a page of HTML that needs nothing else, with the totals as text.
    ///
    /// - Parameter notes: Lines at the end, such as what was wrong with the file.
    /// - Returns: The page.
    public func page(notes: [String] = []) -> String {
        let title = SVGCanvas.escaped(VisibleText.clean(self.title))
        let paragraphs = notes.map { note in
            "<p>\(SVGCanvas.escaped(VisibleText.clean(note, scalarCountMaximum: 500)))</p>\n"
        }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width"/>
            <meta name="color-scheme" content="light dark"/>
            <title>\(title)</title>
            <style>
            \(Style.sheet)
            \(Self.pageSheet)
            </style>
            </head>
            <body class="cn">
            <main>
            \(element(""))\(totalsTable)\(paragraphs.joined())</main>
            </body>
            </html>

            """
    }

    private static let pageSheet = """
        body { margin: 0; background: #ffffff; color: #1f2328; font-size: 14px }
        main { max-width: 960px; margin: 0 auto; padding-bottom: 32px }
        svg { display: block; width: 100%; height: auto }
        table { border-collapse: collapse; margin: 12px 32px }
        caption { text-align: left; font-weight: 600; padding: 8px 0 }
        th, td { text-align: left; font-weight: normal; padding: 4px 24px 4px 0;
        border-top: 1px solid #d1d9e0 }
        td { text-align: right; font-variant-numeric: tabular-nums }
        p { margin: 12px 32px }
        @media (prefers-color-scheme: dark) {
        body { background: #0d1117; color: #f0f6fc }
        th, td { border-color: #3d444d }
        }
        """

    private var totalsTable: String {
        let classes = PageClass.allCases.map { pageClass in
            let count = pageClass.count(in: totals.pages)
            return (
                pageClass.rawValue, Units.grouped(count),
                Totals.percent(count, of: totals.pages.total)
            )
        }
        let all = ("all pages", Units.grouped(totals.pages.total), "")
        let rows = (classes + [all]).map { name, count, share in
            "<tr><th scope=\"row\">\(name)</th><td>\(count)</td><td>\(share)</td></tr>\n"
        }
        return "<table>\n<caption>Pages of all rounds</caption>\n\(rows.joined())</table>\n"
    }
}
