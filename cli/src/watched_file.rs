//! A file that somebody edits. It is looked at again and again: that works on every system, in containers too, and however an editor
//! saves.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// When a file was last written, and its length.
type Stamp = (SystemTime, u64);

/// A file that is watched.
#[derive(Debug)]
pub(crate) struct WatchedFile {
    path: PathBuf,
    /// What the file was when a change was last told of.
    told: Option<Stamp>,
    /// What it was at the last look.
    seen: Option<Stamp>,
}

impl WatchedFile {
    /// A file that has changed if it is there.
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            told: None,
            seen: None,
        }
    }

    /// Whether there is something new in it, and nobody is writing: it was the same at two looks. One that is gone is only being
    /// replaced.
    pub(crate) fn has_changed(&mut self) -> bool {
        self.is_news(stamp(&self.path))
    }

    fn is_news(&mut self, now: Option<Stamp>) -> bool {
        let is_quiet = now == self.seen;
        self.seen = now;
        let is_news = is_quiet && now.is_some() && now != self.told;
        if is_news {
            self.told = now;
        }
        is_news
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_change_is_told_once_it_is_whole() {
        let mut file = WatchedFile::new(Path::new("none"));
        let at = |seconds| Some((SystemTime::UNIX_EPOCH + Duration::from_secs(seconds), 1));
        for (now, is_news) in [
            (None, false),
            (at(1), false),
            (at(1), true),
            (at(1), false),
            // Written bit by bit.
            (at(2), false),
            (at(3), false),
            (at(3), true),
            // Replaced by one that was prepared earlier, and by the same one.
            (None, false),
            (at(2), false),
            (at(2), true),
            (None, false),
            (at(2), false),
            (at(2), false),
        ] {
            assert_eq!(file.is_news(now), is_news, "{now:?}");
        }
    }
}
