internal import MigrationHelper

HelperProgram.restore.run(CommandLine.arguments)
