import Bytes
import Platform
import Tables

extension Table {
    /// Remembers a refusal for `errors`, with who asked where that can be seen.
    func refuse(
        _ operation: String, _ path: ByteString, _ errno: Errno, context: RequestContext?, rule: String,
        expected: String? = nil, found: String? = nil, remedy: String? = nil
    ) {
        let requester = context.map {
            Refusal.Requester(
                userID: $0.user, groupID: $0.group, processID: $0.process,
                command: $0.process > 0 ? try? Processes.status(of: $0.process).command : nil)
        }
        refuse(
            Refusal(
                timeMilliseconds: self.context.clock.nowMilliseconds(), requester: requester,
                operation: operation, path: path, errno: errno, rule: rule, expected: expected,
                found: found, remedy: remedy))
    }
}
