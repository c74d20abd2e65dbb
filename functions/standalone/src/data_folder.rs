//! Who else may use the data folder: it has the configuration with its secrets, events that wait, and dead letters.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use setup::Settings;
use setup::settings::{QueueKind, StoreKind};

/// What others than the owner may do in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Nothing.
    None,
    /// See what is in it.
    Read,
    /// Replace what is in it.
    Write,
}

impl Access {
    fn of_mode(mode: u32) -> Self {
        if mode & 0o022 != 0 {
            Self::Write
        } else if mode & 0o055 != 0 {
            Self::Read
        } else {
            Self::None
        }
    }
}

/// Warns of a data folder that is open to others. It is taken all the same: the files in it are for their owner alone,
/// and operators have reasons for groups.
pub(crate) fn warn_if_open(settings: &Settings) {
    let is_used = settings.store.kind == StoreKind::Embedded || settings.queue.kind != QueueKind::Sqs;
    if is_used {
        warn_if_folder_open(&settings.store.embed_data_dir);
    }
}

fn warn_if_folder_open(folder: &Path) {
    // A folder that is not there or cannot be read has an error of its own later.
    let Ok(metadata) = folder.metadata() else {
        return;
    };
    let mode = metadata.permissions().mode() & 0o777;
    let (folder, mode, access) = (folder.display(), format!("{mode:04o}"), Access::of_mode(mode));
    match access {
        Access::None => {}
        Access::Read => tracing::warn!(
            %folder, mode, "Others than the owner may look into the data folder: its mode should be 0700."
        ),
        Access::Write => tracing::warn!(
            %folder,
            mode,
            "Others than the owner may write to the data folder, and replace the configuration and what waits: its mode \
             should be 0700."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_may_do() {
        for (mode, access) in [
            (0o700, Access::None),
            (0o600, Access::None),
            (0o750, Access::Read),
            (0o705, Access::Read),
            (0o710, Access::Read),
            (0o755, Access::Read),
            (0o770, Access::Write),
            (0o702, Access::Write),
            (0o777, Access::Write),
        ] {
            assert_eq!(Access::of_mode(mode), access, "{mode:o}");
        }
    }
}
