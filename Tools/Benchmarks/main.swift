// The work that `Tools/bench` measures, one piece a process. Not installed with Firn.

do {
    try Benchmark.run(CommandLine.arguments)
} catch {
    Output.fail("\(error)")
}
