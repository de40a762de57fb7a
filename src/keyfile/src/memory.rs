//! What keeps a key's bytes, once read, from leaving memory (threats C4, K11).

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// No core dump of this process, and no debugger of the same user. To be called before anything secret is read. A
/// kernel that refuses is no reason to stop: keys are wiped after use all the same.
pub fn no_core_dumps() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
