import Bytes
import Platform
import Synchronization
package import Tables

/// The tables of a store as a filesystem.
///
/// It knows which node the kernel means and which file is open, decides what is answered at once and what from
/// the pool, and records refusals; what a path is and does, its ``TreeNode`` knows.
package final class FirnTree: FileSystemHandler {
    package let store: Store
    let services: TreeServices
    let tables: TableTrees
    let root: RootNode
    let nodes = NodeTable<any TreeNode>()
    let files = HandleTable<any OpenFile>()
    let directories = HandleTable<OpenDirectory>()

    package init(store: Store) {
        self.store = store
        services = TreeServices(store: store)
        tables = TableTrees(services)
        root = RootNode(services, tables)
        store.onTablesChanged { [root, services] in services.invalidateAttributes(root.id) }
        store.onTableGone { [tables, root, services] table in
            tables.remove(table)
            services.notifier?.invalidateEntry(root.id, table.name)
        }
    }

    package func started(_ notifier: any KernelNotifier) { services.start(notifier) }

    package func noteRequest(_ operation: Operation) {
        switch operation {
        // What ends some time after a program's last use, or sleeps.
        case .forget, .release, .releasedir, .poll: break
        default: store.context.activity.note()
        }
    }

    /// No write is held up any more.
    package func stopping() {
        for table in store.openTables { table.backPressure.end() }
    }

    /// Waits for the requests that are under way; the store stays open.
    package func stopped() {
        stopping()
        tables.close()
        services.stop()
        tables.waitForCommits()
    }

    func node(_ id: NodeID) -> (any TreeNode)? { id == .root ? root : nodes.node(id) }
}

/// A directory as one `opendir` sees it.
struct OpenDirectory: Sendable {
    let node: any TreeNode
    let snapshot: DirectorySnapshot
}

/// Who asks what of which node.
struct Subject: Sendable {
    var operation: Operation
    var node: any TreeNode
    var name: ByteString?
    var context: RequestContext

    init(_ operation: Operation, _ node: any TreeNode, _ context: RequestContext) {
        self.init(operation, node, nil, context)
    }

    init(_ operation: Operation, _ node: any TreeNode, _ name: ByteString?, _ context: RequestContext) {
        self.operation = operation
        self.node = node
        self.name = name
        self.context = context
    }

    var path: ByteString {
        guard let name else { return node.path }
        return node.path.isEmpty ? name : node.path + "/" + name
    }
}

extension FirnTree {
    /// Answers with what `work` gives, from the pool where that takes long. A refusal with a reason is recorded.
    func answer<Payload, Result: Sendable>(
        _ reply: consuming Reply<Payload>, _ subject: Subject, isSlow: Bool,
        _ work: @escaping @Sendable () throws(FileTreeError) -> Result,
        send: @escaping @Sendable (consuming Reply<Payload>, Result) -> Void
    ) {
        guard !isSlow else {
            return answer(reply, subject, { $0(Self.outcome(work)) }, send: send)
        }
        switch Self.outcome(work) {
        case .success(let result): send(reply, result)
        case .failure(let error):
            Self.record(error, subject)
            reply.fail(error)
        }
    }

    /// Answers with what `work`, which the pool begins, is given some time.
    func answer<Payload, Value: Sendable>(
        _ reply: consuming Reply<Payload>, _ subject: Subject,
        _ work:
            @escaping @Sendable (@escaping @Sendable (Result<Value, FileTreeError>) -> Void) -> Void,
        send: @escaping @Sendable (consuming Reply<Payload>, Value) -> Void
    ) {
        let deferred = reply.deferred()
        deferred.onInterrupt { deferred.fail(.interrupted) }
        let isAccepted = services.requests.submit {
            work { outcome in
                if case .failure(let error) = outcome { Self.record(error, subject) }
                guard let reply = deferred.claim() else { return }
                switch outcome {
                case .success(let value): send(reply, value)
                case .failure(let error): reply.fail(error)
                }
            }
        }
        if !isAccepted { deferred.fail(.gone("the mount is ending")) }
    }

    private static func outcome<R>(_ work: () throws(FileTreeError) -> R) -> Result<R, FileTreeError> {
        do throws(FileTreeError) { return .success(try work()) } catch { return .failure(error) }
    }

    private static func record(_ error: FileTreeError, _ subject: Subject) {
        subject.node.table?.refuse(subject.operation.name, subject.path, error, subject.context)
    }

    /// Sends an entry and counts it as a lookup.
    func send(_ node: any TreeNode, _ reply: consuming Reply<EntryReply>) {
        do throws(FileTreeError) {
            var known = nodes.lookUp(node.id) { node }
            if known.isGone, nodes.replace(node.id, with: node) { known = node }
            known.lookedUp(as: node)
            var entry: EntryReply
            do throws(FileTreeError) {
                entry = try known.entry()
                // One node may have names in several directories, and not all for the same time.
                entry.entryLifetime = node.entryLifetime
            } catch {
                nodes.forget(node.id, count: 1)
                throw error
            }
            if reply.send(entry) == .requesterGone { nodes.forget(node.id, count: 1) }
        } catch {
            reply.fail(error)
        }
    }
}
