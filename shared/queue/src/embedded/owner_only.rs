//! Files that only their owner can read.

use std::fs::OpenOptions;

/// Has a file that is made be its owner's alone.
pub(super) fn readable_by_owner(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}
