extension GroupsPage {
    /// How the page looks, in light and dark.
    static let style = """
        :root {
          --paper: #ffffff; --card: #f6f8fa; --line: #d1d9e0; --ink: #1f2328; --soft: #59636e;
          --moving: #0969da; --held: #8250df; --pausing: #bc4c00; --good: #1a7f37; --bad: #cf222e;
          --track: #d8dee4;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #0d1117; --card: #151b23; --line: #3d444d; --ink: #f0f6fc; --soft: #9198a1;
            --moving: #4493f8; --held: #ab7df8; --pausing: #db6d28; --good: #3fb950; --bad: #f85149;
            --track: #2f3742;
          }
        }
        * { box-sizing: border-box }
        body { margin: 0 auto; max-width: 1080px; padding: 24px 16px 40px; background: var(--paper);
          color: var(--ink); font: 14px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif }
        h1 { font-size: 22px; margin: 0 }
        h2 { font-size: 18px; margin: 0; overflow-wrap: anywhere }
        header p { margin: 4px 0 20px }
        .soft { color: var(--soft); font-weight: normal }
        a { color: var(--moving) }
        code { font: 13px ui-monospace, "DejaVu Sans Mono", monospace }
        body.lost #summary { color: var(--bad); font-weight: 600 }
        body.lost main { opacity: 0.55 }
        .group { border: 1px solid var(--line); border-radius: 8px; margin: 0 0 16px;
          padding: 16px 20px 8px; background: var(--card) }
        .title { display: flex; align-items: baseline; justify-content: space-between; gap: 16px }
        .badge { border: 1px solid var(--state); border-radius: 12px; color: var(--state);
          font-weight: 600; padding: 1px 12px; white-space: nowrap }
        [data-state] { --state: var(--moving) }
        [data-state=ready], [data-state=waiting], [data-state=closing] { --state: var(--held) }
        [data-state=released], [data-state=suspended] { --state: var(--pausing) }
        [data-state=done] { --state: var(--good) }
        [data-state=failed], [data-state=aborted], [data-state=lost] { --state: var(--bad) }
        p.why { margin: 2px 0 0; overflow-wrap: anywhere }
        dl { display: flex; flex-wrap: wrap; gap: 8px 28px; margin: 12px 0 }
        dt { color: var(--soft); font-size: 12px }
        dd { margin: 0; font-variant-numeric: tabular-nums }
        .lead { min-width: 130px }
        .lead dd { color: var(--state); font-weight: 600 }
        .scroll { overflow-x: auto }
        table { border-collapse: collapse; min-width: 860px; table-layout: fixed; width: 100% }
        th:nth-child(1) { width: 18% }
        th:nth-child(2) { width: 16% }
        th:nth-child(3) { width: 23% }
        th:nth-child(6) { width: 11% }
        th, td { border-top: 1px solid var(--line); padding: 8px 14px 8px 0; text-align: left;
          vertical-align: top; font-variant-numeric: tabular-nums }
        thead th { border-top: 0; color: var(--soft); font-size: 12px; font-weight: normal;
          padding-bottom: 4px; padding-top: 4px; white-space: nowrap }
        tbody th { overflow-wrap: anywhere; unicode-bidi: isolate }
        td:nth-child(n+4), th:nth-child(n+4) { text-align: right; white-space: nowrap }
        th:last-child, td:last-child { padding-right: 0 }
        th .host, td .why { display: block; font-size: 12px; overflow-wrap: anywhere }
        td .state { color: var(--state); font-weight: 600 }
        .bar { background: var(--track); border-radius: 4px; height: 8px; margin: 6px 0 4px;
          overflow: hidden }
        .fill { background: var(--state); height: 100%; transition: width 0.6s; width: 0 }
        .round { font-size: 12px }
        footer { border-top: 1px solid var(--line); font-size: 12px; margin-top: 24px }
        @media (prefers-reduced-motion: reduce) { .fill { transition: none } }
        @media (forced-colors: active) { .bar { border: 1px solid } .fill { background: Highlight } }
        """
}
