/// The live page: one document that needs nothing from elsewhere and polls `groups.json`.
///
/// Names and reasons are hostile text. They never are part of this document: the script puts them in
/// as text, and the browser is told to run no other script and to load nothing.
enum GroupsPage {
    /// A number that nobody can guess; the page's script and style carry it.
    static func nonce() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(UInt64.random(in: .min ... .max, using: &generator), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// The value of `Content-Security-Policy`: only this page's own style and script, which may only
    /// ask where they came from, and may not make markup out of text.
    static func policy(nonce: String) -> String {
        [
            "default-src 'none'", "script-src 'nonce-\(nonce)'", "style-src 'nonce-\(nonce)'",
            "connect-src 'self'", "base-uri 'none'", "form-action 'none'",
            "frame-ancestors 'none'", "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ].joined(separator: "; ")
    }

    /// The document.
    static func text(nonce: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <meta name="color-scheme" content="light dark">
        <title>CloudNet groups</title>
        <style nonce="\(nonce)">
        \(style)
        </style>
        </head>
        \(body)
        <script nonce="\(nonce)">
        \(script)
        </script>
        </html>

        """
    }

    private static let body = """
        <body>
        <header>
        <h1>Groups that arrive together</h1>
        <p><span id="summary" role="status">Asking the coordinator…</span>
        <span id="updated" class="soft"></span></p>
        </header>
        <main id="groups"></main>
        <noscript><p>The page needs JavaScript. Without it: <code>cloudnet groups</code>, \
        <a href="groups.json">groups.json</a>.</p></noscript>
        <footer class="soft"><p><span id="earlier"></span> The same as \
        <a href="groups.json">JSON</a> and as <a href="metrics">metrics</a>. \
        To stop a group: <code>cloudnet groups abort</code>.</p></footer>
        <template id="group-template">
        <section class="group">
        <div class="title">
        <h2><span class="application"></span> <span class="number soft"></span></h2>
        <span class="badge"></span>
        </div>
        <p class="why soft"></p>
        <dl>
        <div class="lead"><dt>Arrival</dt><dd class="arrival"></dd></div>
        <div><dt>Members</dt><dd class="count"></dd></div>
        <div><dt>Sent</dt><dd class="sent"></dd></div>
        <div><dt>To send</dt><dd class="remaining"></dd></div>
        <div><dt>Longest pause</dt><dd class="pause"></dd></div>
        <div><dt>Skew</dt><dd class="skew"></dd></div>
        <div><dt>Started</dt><dd class="started"></dd></div>
        </dl>
        <div class="scroll" tabindex="0" role="region">
        <table>
        <thead><tr><th scope="col">Domain</th><th scope="col">State</th>\
        <th scope="col">Progress</th><th scope="col">Sent</th><th scope="col">To send</th>\
        <th scope="col">Rate</th><th scope="col">Pause</th><th scope="col">Told</th></tr></thead>
        <tbody></tbody>
        </table>
        </div>
        </section>
        </template>
        <template id="member-template">
        <tr>
        <th scope="row"><span class="domain"></span><span class="host soft"></span></th>
        <td><span class="state"></span><span class="why soft"></span></td>
        <td><div class="bar" role="progressbar" aria-valuemin="0" aria-valuemax="100">\
        <div class="fill"></div></div><span class="percent"></span> \
        <span class="round soft"></span></td>
        <td class="sent"></td><td class="remaining"></td><td class="rate"></td>\
        <td class="pause"></td><td class="told"></td>
        </tr>
        </template>
        </body>
        """
}
