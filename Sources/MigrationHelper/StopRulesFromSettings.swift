internal import Configuration
internal import MigrationReport
internal import StopPolicy

extension StopRules {
    /// What the settings say of it.
    init(_ settings: Settings) {
        let policy: Policy =
            switch settings.policy {
            case .smart: .smart
            case .stock: .stock
            case .observe: .observe
            }
        let whenUnmet: WhenUnmet =
            switch settings.whenUnmet {
            case .stop: .stop
            case .continue: .continue
            case .abort: .abort
            }
        self.init(
            policy: policy,
            maxPauseMilliseconds: settings.maxPause.map { $0.seconds * 1000 },
            maxTimeSeconds: settings.maxTime.map(\.seconds),
            maxByteCount: settings.maxByteCount,
            whenUnmet: whenUnmet,
            minRounds: settings.minRoundCount
        )
    }
}
