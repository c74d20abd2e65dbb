//! Contexts: gateways by name, with the space and the access key that are used there. One file, which only its owner can
//! read.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::key::Key;

/// A gateway and how it is used. What is absent is as everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Context {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) config_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) events_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) space: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<Key>,
}

/// All contexts, and which of them is used unless another one is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Contexts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<String>,
    #[serde(default)]
    pub(crate) contexts: BTreeMap<String, Context>,
}

/// The file where this operating system has such things: `$XDG_CONFIG_HOME/eg/contexts.yaml`, or what there is of it.
pub(crate) fn usual_place() -> Result<PathBuf, Failure> {
    let folders = etcetera::choose_base_strategy()
        .map_err(|err| Failure::Machine(format!("no place for contexts, give --contexts-file: {err}")))?;
    Ok(folders.config_dir().join("eg").join("contexts.yaml"))
}

impl Contexts {
    /// Those of a file. One that is not there has none.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(err) => return Err(Failure::file(path, err)),
        };
        // What is wrong with it is not shown: it may be the key.
        serde_yaml_ng::from_str(&text).map_err(|err| {
            let place = err
                .location()
                .map_or_else(String::new, |at| format!(", line {}", at.line()));
            Failure::Malformed(format!("{}{place}: these are no contexts", path.display()))
        })
    }

    /// Writes them, for the owner alone. The file is there as it was or as it will be, and never in part.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let failed = |err: io::Error| Failure::file(path, err);
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        let text = serde_yaml_ng::to_string(self).map_err(|err| failed(io::Error::other(err)))?;
        // Temporary files are made with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|err| failed(err.error))?;
        Ok(())
    }

    /// The context of this name, or the current one. None if neither is named.
    pub(crate) fn named(&self, name: Option<&str>) -> Result<Context, Failure> {
        let Some(name) = name.or(self.current.as_deref()) else {
            return Ok(Context::default());
        };
        self.contexts.get(name).cloned().ok_or_else(|| {
            Failure::Usage(format!(
                "there is no context \"{name}\": `eg context list` names those there are"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_with_a_key() -> Contexts {
        let context = Context {
            config_url: Some("http://127.0.0.1:4001".to_owned()),
            key: Key::of("s3cret\n"),
            ..Context::default()
        };
        Contexts {
            current: Some("local".to_owned()),
            contexts: BTreeMap::from([("local".to_owned(), context)]),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("eg").join("contexts.yaml");
        assert_eq!(Contexts::read(&path).unwrap(), Contexts::default());
        let contexts = one_with_a_key();
        contexts.write(&path).unwrap();
        contexts.write(&path).unwrap();
        assert_eq!(Contexts::read(&path).unwrap(), contexts);
        assert_eq!(contexts.named(None).unwrap().key.unwrap().reveal(), "s3cret");
        assert!(contexts.named(Some("other")).is_err());
    }

    #[test]
    #[cfg(unix)]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contexts.yaml");
        std::fs::write(&path, "contexts: {}\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        one_with_a_key().write(&path).unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn no_key_is_shown() {
        assert!(!format!("{:?}", one_with_a_key()).contains("s3cret"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contexts.yaml");
        std::fs::write(&path, "contexts:\n  a: {kye: s3cret}\n").unwrap();
        let message = Contexts::read(&path).unwrap_err().to_string();
        assert!(message.contains("line 2"), "{message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
}
