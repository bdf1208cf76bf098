import ReportSupport

/// Which migrations are still to be measured, in which order, and how many at once.
struct Schedule {
    /// Migrations that run at the same time if they only wait for the link.
    let parallelCount: Int

    /// Measures whatever has fewer results than wanted.
    ///
    /// All methods take turns, each time in another order, so that whatever else the machine does
    /// disturbs all of them alike.
    ///
    /// - Returns: How many migrations failed; their reasons went to standard error.
    func measure(_ migrations: [Migration], into results: ResultFile) throws -> Int {
        var failureCount = 0
        let runCount = migrations.map(\.runCount).max() ?? 0
        for run in stride(from: 1, through: runCount, by: 1) {
            var missing = migrations.filter { migration in
                migration.runCount >= run && results[migration.scenario].count < run
            }
            for index in missing.indices { missing[index].run = run }
            guard !missing.isEmpty else { continue }
            Console.note("run \(run) of \(runCount): \(missing.count) migrations")
            for isAlone in [false, true] {
                let turn = missing.filter { $0.needsProcessors == isAlone }.shuffled()
                let crew = MigrationCrew(turn, size: isAlone ? 1 : parallelCount)
                while let (scenario, result) = crew.nextResult() {
                    switch result {
                    case .success(let measurement):
                        try results.add(measurement, of: scenario)
                    case .failure(let error):
                        failureCount += 1
                        Console.note("\(error)")
                    }
                }
            }
        }
        return failureCount
    }
}
