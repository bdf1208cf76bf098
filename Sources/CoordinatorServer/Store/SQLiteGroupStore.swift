package import Coordination
internal import FoundationEssentials
internal import GRDB
internal import Glibc

/// Keeps groups in an SQLite database (docs/coordinator.md has its schema).
package final class SQLiteGroupStore: GroupStore {
    private let path: String
    private let queue: DatabaseQueue

    /// Opens the database, or makes a new one that only its owner can read.
    ///
    /// It stays locked until it is closed, or the process ends.
    ///
    /// - Throws: `CoordinatorError`.
    package init(path: String) throws(CoordinatorError) {
        self.path = path
        do {
            try OwnedFolder.make(for: path)
            try Self.makeFile(path)
            queue = try DatabaseQueue(path: path, configuration: Self.configuration)
            let migrator = Self.migrator
            guard try !queue.read({ try migrator.hasBeenSuperseded($0) }) else {
                throw CoordinatorError.newerState(path: path)
            }
            try migrator.migrate(queue)
            // The lock: nothing is written, but it is taken for good.
            try queue.inTransaction(.exclusive) { _ in .commit }
        } catch let error as CoordinatorError {
            throw error
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            throw .stateInUse(path: path)
        } catch {
            throw .state(path: path, reason: "\(error)")
        }
    }

    package func records() throws -> [GroupRecord] {
        let decoder = JSONDecoder()
        do {
            return try queue.read { database in
                try String.fetchAll(
                    database,
                    sql: "SELECT record FROM groups ORDER BY application, number"
                ).map { try decoder.decode(GroupRecord.self, from: Data($0.utf8)) }
            }
        } catch {
            throw CoordinatorError.state(path: path, reason: "\(error)")
        }
    }

    package func write(_ changes: [GroupChange]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try queue.write { database in
            for change in changes {
                switch change {
                case .keep(let record):
                    let text = String(decoding: try encoder.encode(record), as: UTF8.self)
                    try database.execute(
                        sql: """
                            INSERT INTO groups (application, number, record) VALUES (?, ?, ?)
                            ON CONFLICT DO UPDATE SET record = excluded.record
                            """,
                        arguments: [record.application, record.group, text]
                    )
                case .forget(let application, let group):
                    try database.execute(
                        sql: "DELETE FROM groups WHERE application = ? AND number = ?",
                        arguments: [application, group]
                    )
                }
            }
        }
    }

    package func close() throws {
        try queue.close()
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.prepareDatabase { database in
            // In this order: an exclusive log needs no memory that is shared with other processes.
            try database.execute(
                sql: """
                    PRAGMA locking_mode = EXCLUSIVE;
                    PRAGMA journal_mode = WAL;
                    PRAGMA synchronous = FULL;
                    """
            )
        }
        return configuration
    }

    /// Every version of the schema; what was released is never changed.
    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: groups") { database in
            try database.execute(
                sql: """
                    CREATE TABLE groups (
                        application TEXT NOT NULL,
                        number INTEGER NOT NULL,
                        record TEXT NOT NULL,
                        PRIMARY KEY (application, number)
                    )
                    """
            )
        }
        return migrator
    }

    private static func makeFile(_ path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemFailure("open it") }
        Glibc.close(descriptor)
    }
}
