import CLinux
import Glibc

extension Thread {
    /// Lets the calling thread, and those that it starts from now on, step back behind others (nice 1 to 19), at the
    /// disk too.
    ///
    /// At the disk it is last of those that are served, and not of the idle class, which is served when nobody
    /// else is: others wait for what it commits. It is a wish: where it is refused, the thread goes on as it was.
    package static func lowerPriority(to nice: Int32) {
        // On Linux a priority belongs to a thread, and its id is a valid `who`.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(currentID), nice)
        _ = firn_set_best_effort(7)
    }
}
