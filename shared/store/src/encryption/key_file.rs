//! Keys in a file, which the embedded store encrypts with.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::{KEY_BYTES, Seal, SealError, SealingKey};

/// Most bytes of a key file: room for hundreds of keys.
const MAX_BYTES: u64 = 64 * 1024;

/// The keys of a file. The first one encrypts, all of them decrypt. Clones share them.
#[derive(Clone)]
pub struct KeyFile(Arc<[SealingKey]>);

/// Why keys cannot be read. Nothing of the file is shown.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read.
    #[error("encryption key file {} cannot be read", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Others than its owner and group may read it, or others than its owner may change it.
    #[error("encryption key file {} is open to others: its mode is {mode:o}, use 600", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It holds no keys, or something else beside them.
    #[error("encryption key file {} must hold 32 bytes, or lines that are each the base64 of 32 bytes", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
}

impl KeyFile {
    /// Reads a file: either 32 bytes, or a key in base64 on each line. Empty lines and those that begin with `#` do not
    /// count.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let unreadable = |source| KeyFileError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(unreadable)?;
        check_mode(path, &file.metadata().map_err(unreadable)?)?;
        let mut bytes = Vec::new();
        file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
        Self::parse(&bytes).ok_or_else(|| KeyFileError::Malformed {
            path: path.to_owned(),
        })
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() == KEY_BYTES {
            return Some(Self(Arc::new([key(bytes)?])));
        }
        let lines = std::str::from_utf8(bytes).ok()?.lines().map(str::trim);
        let keys = lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| key(&STANDARD.decode(line).ok()?))
            .collect::<Option<Vec<_>>>()?;
        (!keys.is_empty()).then(|| Self(keys.into()))
    }

    /// The key that encrypts.
    pub(crate) fn sealing(&self) -> Option<&SealingKey> {
        self.0.first()
    }

    /// The key that a seal names.
    pub(crate) fn opening(&self, seal: &Seal) -> Result<&SealingKey, SealError> {
        match seal {
            Seal::DataKey(_) => Err(SealError::NoKey("a data key of KMS")),
            Seal::Key(id) => {
                let found = self.0.iter().find(|key| key.seal() == seal);
                found.ok_or_else(|| SealError::UnknownKey(id.clone()))
            }
        }
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(SealingKey::seal))
            .finish()
    }
}

/// A key, named by the beginning of a hash of it.
fn key(bytes: &[u8]) -> Option<SealingKey> {
    let mut hash = Sha256::new();
    hash.update(b"event-gateway key");
    hash.update(bytes);
    let beginning = *hash.finalize().first_chunk()?;
    let id = format!("{:016x}", u64::from_be_bytes(beginning));
    SealingKey::new(bytes, Seal::Key(id)).ok()
}

/// Groups may read: that is how orchestrators hand files to processes that are not root.
#[cfg(unix)]
fn check_mode(path: &Path, metadata: &std::fs::Metadata) -> Result<(), KeyFileError> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
    if mode & 0o027 == 0 {
        return Ok(());
    }
    Err(KeyFileError::Open {
        path: path.to_owned(),
        mode,
    })
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &std::fs::Metadata) -> Result<(), KeyFileError> {
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    pub(in super::super) fn keys(firsts: &[u8]) -> KeyFile {
        let line = |first: &u8| format!("{}\n", STANDARD.encode([*first; KEY_BYTES]));
        KeyFile::parse(firsts.iter().map(line).collect::<String>().as_bytes()).unwrap()
    }

    #[test]
    fn forms() {
        assert_eq!(KeyFile::parse(&[7; 32]).unwrap().0.len(), 1);
        let (one, other) = (STANDARD.encode([1; 32]), STANDARD.encode([2; 32]));
        let two = format!("# new\n{one}\r\n\n  {other}  ");
        let two = KeyFile::parse(two.as_bytes()).unwrap();
        assert_eq!(two.0.len(), 2);
        assert_eq!(two.0[0].seal(), KeyFile::parse(&[1; 32]).unwrap().0[0].seal());
        for text in [
            String::new(),
            "# nothing".to_owned(),
            "x".repeat(31),
            STANDARD.encode([1; 31]),
            format!("{one}\nnonsense"),
        ] {
            assert!(KeyFile::parse(text.as_bytes()).is_none(), "{text}");
        }
        assert!(KeyFile::parse(&[0xff; 33]).is_none());
    }

    #[test]
    fn files_that_others_can_read_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        fs::write(&path, STANDARD.encode([9; 32])).unwrap();
        for (mode, is_good) in [
            (0o600, true),
            (0o400, true),
            (0o440, true),
            (0o644, false),
            (0o604, false),
            (0o660, false),
        ] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let read = KeyFile::read(&path);
            assert_eq!(read.is_ok(), is_good, "{mode:o}");
            let shown = format!("{read:?}");
            assert!(!shown.contains(&STANDARD.encode([9; 32])), "{shown}");
        }
        let missing = KeyFile::read(&directory.path().join("nowhere")).unwrap_err();
        assert!(matches!(missing, KeyFileError::Unreadable { .. }), "{missing:?}");
    }
}
