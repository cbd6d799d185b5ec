import Commands
import Glibc

exit(CommandLineTool.run(words: CommandLine.unsafeArgv, count: Int(CommandLine.argc)))
