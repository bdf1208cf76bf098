internal import ArgumentParser
internal import MigrationReport
internal import PosixIO
internal import ReportDrawing

/// `cloudnet report`: draws a finished migration.
struct Report: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw a migration from its report (CLOUDNET_REPORT).",
        discussion: """
            Draws the last migration in the file. Without --output it is the page on standard \
            output.
            """
    )

    @Option(help: "Only migrations by this process.")
    var pid: Int32?

    @Option(help: "Only migrations of this domain: its name, number or UUID.")
    var domain: String?

    @Option(
        name: .shortAndLong,
        help: "A page if the name ends in .html, a picture if it ends in .svg."
    )
    var output: String?

    @Argument(help: "The report, in JSON Lines; '-' is standard input.")
    var file: String

    func validate() throws {
        guard let output, !output.hasSuffix(".html"), !output.hasSuffix(".svg") else { return }
        throw ValidationError("--output must end in .html or .svg.")
    }

    func run() throws {
        let reader = try ReportFiles.read(path: file)
        let notes = damages(reader)
        for note in notes { StandardError.writeLine("cloudnet: \(note)") }
        let chosen = reader.histories.last { history in
            (pid == nil || history.migration.pid == pid)
                && (domain.map { history.isOf(domain: $0) } ?? true)
        }
        guard let chosen else {
            let what = pid == nil && domain == nil ? "no migration" : "no such migration"
            throw ValidationError(
                "There is \(what) in '\(file)' (of \(reader.histories.count) in all)."
            )
        }
        let drawing = ReportDrawing(chosen)
        let isPicture = output?.hasSuffix(".svg") == true
        try ReportFiles.write(isPicture ? drawing.svg : drawing.page(notes: notes), path: output)
    }

    private func damages(_ reader: ReportReader) -> [String] {
        let more = reader.damagedLineCount - reader.damages.count
        return reader.damages.map(\.description)
            + (more > 0 ? ["\(more) more lines are left out"] : [])
    }
}
