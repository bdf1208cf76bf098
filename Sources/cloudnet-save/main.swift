internal import MigrationHelper

HelperProgram.save.run(CommandLine.arguments)
