import Bytes
import Glibc

// A process of its own that works on a table's log, for tests of several at once and of sudden deaths:
//
//     Committer ROOT TABLE commit WRITER FIRST COUNT FILES [VERSION]   commits numbered from FIRST; after VERSION
//                                                                      the first of them was attempted before
//     Committer ROOT TABLE count COUNT                                 adds 1 to a property so many times
//     Committer ROOT TABLE claim COUNT                                 takes names that one process may take
//     Committer ROOT TABLE compact COUNT                               a commit and a full state, so many times
//     Committer ROOT TABLE expire COUNT                                lets all but the newest state go
//
// It tells what it does as it does it, a line each.

let arguments = CommandLine.arguments.dropFirst().map { ByteString($0) }
guard arguments.count >= 4 else {
    say("usage: Committer ROOT TABLE commit|count|claim|compact|expire …")
    exit(2)
}
do {
    let work = try Work(root: arguments[0], table: arguments[1])
    let numbers = arguments[3...].map { Int($0.display) ?? 0 }
    switch arguments[2] {
    case "commit":
        try work.commit(
            writer: numbers[0], first: numbers[1], count: numbers[2], files: numbers[3],
            attemptedAfter: numbers.count > 4 ? Int64(numbers[4]) : nil)
    case "count": try work.count(numbers[0])
    case "claim": try work.claim(numbers[0])
    case "compact": try work.compact(numbers[0])
    case "expire": try work.expire(numbers[0])
    default:
        say("there is no work \(arguments[2].display)")
        exit(2)
    }
    say("finished")
} catch {
    say("failed \(error)")
    exit(1)
}
