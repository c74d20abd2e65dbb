//! Secrets in files below one folder.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;

use super::error::SecretError;

/// Largest file, in bytes: what Secrets Manager takes, and more than a chain of certificates needs.
const MAX_BYTES: u64 = 64 * 1024;

/// Reads a file of the folder. Whitespace at its end does not count.
pub(super) async fn read(directory: PathBuf, file: String, name: String) -> Result<String, SecretError> {
    let reading = spawn_blocking(move || read_now(&directory, &file, name)).await;
    reading.unwrap_or(Err(SecretError::Stopped))
}

fn read_now(directory: &Path, file: &str, name: String) -> Result<String, SecretError> {
    let failed = |source: io::Error| SecretError::File {
        name: name.clone(),
        source,
    };
    let no_text = |reason| SecretError::NoText {
        name: name.clone(),
        reason,
    };
    // Links may lead around in the folder, as those of mounted Kubernetes secrets do, but not out of it. Who can change
    // the folder between this and the opening can put anything there anyway.
    let directory = directory.canonicalize().map_err(failed)?;
    let path = directory.join(file).canonicalize().map_err(failed)?;
    if !path.starts_with(&directory) {
        return Err(SecretError::Outside(name));
    }
    // Asked before it is opened: opening a pipe would wait for its other end.
    if !fs::metadata(&path).map_err(failed)?.is_file() {
        return Err(no_text("is not a file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(&path).map_err(failed)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(no_text("is larger than 64 KiB"));
    }
    let mut text = String::from_utf8(bytes).map_err(|_| no_text("is not text in UTF-8"))?;
    text.truncate(text.trim_end().len());
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(directory: &Path, file: &str) -> Result<String, SecretError> {
        read_now(directory, file, format!("secret file {file:?}"))
    }

    #[test]
    fn files_of_the_folder_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        fs::create_dir_all(path.join("..data/deep")).unwrap();
        fs::write(path.join("..data/deep/token"), " s3cret \r\n\n").unwrap();
        std::os::unix::fs::symlink("..data/deep/token", path.join("token")).unwrap();
        assert_eq!(read(path, "token").unwrap(), " s3cret");
        assert_eq!(read(path, "..data/deep/token").unwrap(), " s3cret");
    }

    #[test]
    fn nothing_else_is() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("key"), "OUTSIDE").unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        std::os::unix::fs::symlink(outside.path().join("key"), path.join("link")).unwrap();
        std::os::unix::fs::symlink(outside.path(), path.join("folder")).unwrap();
        std::os::unix::fs::symlink("loop", path.join("loop")).unwrap();
        fs::write(path.join("large"), vec![b'x'; 64 * 1024 + 1]).unwrap();
        fs::write(path.join("largest"), vec![b'x'; 64 * 1024]).unwrap();
        fs::write(path.join("bytes"), [0xff, 0xfe]).unwrap();
        let pipe = std::process::Command::new("mkfifo")
            .arg(path.join("pipe"))
            .status();
        assert!(pipe.unwrap().success());
        for (file, want) in [
            ("link", "not in the folder"),
            ("folder/key", "not in the folder"),
            ("loop", "cannot be read"),
            ("missing", "cannot be read"),
            (".", "is not a file"),
            ("pipe", "is not a file"),
            ("large", "larger than 64 KiB"),
            ("bytes", "not text"),
        ] {
            let text = read(path, file).unwrap_err().to_string();
            assert!(text.contains(want), "{text}");
        }
        assert_eq!(read(path, "largest").unwrap().len(), 64 * 1024);
        let missing = read(&path.join("nowhere"), "a").unwrap_err();
        assert!(missing.is_permanent(), "{missing:?}");
    }
}
