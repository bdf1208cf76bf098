/// How drawings look, in light and dark.
enum Style {
    static let sheet = """
        .cn { font-family: system-ui, "Segoe UI", "DejaVu Sans", sans-serif }
        .cn text { fill: #1f2328 }
        .cn .soft { fill: #59636e }
        .cn .number { font-variant-numeric: tabular-nums }
        .cn .strong { font-weight: 600 }
        .cn .paper { fill: #ffffff }
        .cn .card { fill: #f6f8fa; stroke: #d1d9e0 }
        .cn .stripe { fill: #f6f8fa }
        .cn .grid { stroke: #d1d9e0; stroke-width: 1 }
        .cn .axis { stroke: #818b98; stroke-width: 1 }
        .cn .rate { fill: #54aeff; fill-opacity: 0.55 }
        .cn .rate-line { fill: none; stroke: #0969da; stroke-width: 1.5 }
        .cn .memory { fill: #b6a0f0; fill-opacity: 0.45 }
        .cn .memory-line { fill: none; stroke: #6639ba; stroke-width: 1.5; stroke-linejoin: round }
        .cn .pause { fill: #cf222e; fill-opacity: 0.22 }
        .cn .pause-text { fill: #cf222e }
        .cn .completed { fill: #1a7f37 }
        .cn .failed { fill: #cf222e }
        .cn .zero { fill: #d1d9e0 }
        .cn .unchanged { fill: #9aa4b0 }
        .cn .reference { fill: #54aeff }
        .cn .delta { fill: #2da44e }
        .cn .blocks { fill: #a475f9 }
        .cn .raw { fill: #e16f24 }
        .cn .whole { fill: #a40e26 }
        @media (prefers-color-scheme: dark) {
        .cn text { fill: #f0f6fc }
        .cn .soft { fill: #9198a1 }
        .cn .paper { fill: #0d1117 }
        .cn .card { fill: #151b23; stroke: #3d444d }
        .cn .stripe { fill: #151b23 }
        .cn .grid { stroke: #2f3742 }
        .cn .axis { stroke: #656c76 }
        .cn .rate { fill: #1f6feb }
        .cn .rate-line { stroke: #58a6ff }
        .cn .memory { fill: #8957e5 }
        .cn .memory-line { stroke: #bc8cff }
        .cn .pause { fill: #f85149; fill-opacity: 0.3 }
        .cn .pause-text { fill: #f85149 }
        .cn .completed { fill: #3fb950 }
        .cn .failed { fill: #f85149 }
        .cn .zero { fill: #3d444d }
        .cn .unchanged { fill: #656c76 }
        .cn .reference { fill: #1f6feb }
        .cn .delta { fill: #3fb950 }
        .cn .blocks { fill: #8957e5 }
        .cn .raw { fill: #db6d28 }
        .cn .whole { fill: #da3633 }
        }
        """
}
