//! `cargo xtask image`: the gateway as a container image without a container engine (docs/install.md). It is an OCI layout, whose
//! bytes depend on nothing but the programs and the certificates that go in.

mod elf;
mod layer;
mod layout;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use self::elf::Architecture;
use self::layout::Layout;

/// Most bytes that a node has to fetch of an image.
const MOST_BYTES: u64 = 25_000_000;

/// What goes where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Folder of the layout, which must not be there.
    pub(crate) folder: PathBuf,
    /// The CA bundle, in PEM.
    pub(crate) certificates: PathBuf,
    /// The program, once for each architecture.
    pub(crate) programs: Vec<PathBuf>,
    /// Whether an image may be larger than it should be.
    pub(crate) any_size: bool,
}

impl Wanted {
    /// Reads the arguments. `None` if they are none of this command.
    pub(crate) fn of(arguments: &[&str]) -> Option<Self> {
        let mut wanted = Self {
            folder: PathBuf::from("target/image"),
            certificates: PathBuf::from("/etc/ssl/certs/ca-certificates.crt"),
            programs: Vec::new(),
            any_size: false,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match *argument {
                "--output" => wanted.folder = arguments.next()?.into(),
                "--certificates" => wanted.certificates = arguments.next()?.into(),
                "--any-size" => wanted.any_size = true,
                flag if flag.starts_with('-') => return None,
                program => wanted.programs.push(program.into()),
            }
        }
        (!wanted.programs.is_empty()).then_some(wanted)
    }
}

/// Writes the layout and says what is in it, a line for each architecture.
pub(crate) fn build(wanted: &Wanted) -> Result<Vec<String>> {
    let certificates = read(&wanted.certificates)?;
    let mut programs = Vec::new();
    for path in &wanted.programs {
        let program = read(path)?;
        let architecture = elf::check(&program).with_context(|| path.display().to_string())?;
        if programs
            .iter()
            .any(|(other, _): &(Architecture, _)| *other == architecture)
        {
            bail!(
                "{}: there is one for {} already",
                path.display(),
                architecture.name()
            );
        }
        programs.push((architecture, program));
    }
    // However they were named: the same programs are the same image.
    programs.sort_by_key(|(architecture, _)| *architecture);
    let mut layers = Vec::new();
    for (architecture, program) in &programs {
        let layer = layer::layer(program, &certificates)?;
        let size = layer.compressed.len() as u64;
        if size > MOST_BYTES && !wanted.any_size {
            bail!(
                "the layer for {} has {size} bytes, and should have {MOST_BYTES} at most: build it with --profile deploy",
                architecture.name()
            );
        }
        layers.push((*architecture, layer));
    }
    let mut layout = Layout::create(&wanted.folder)?;
    let mut said = Vec::new();
    for (architecture, layer) in &layers {
        let digest = layout.add(*architecture, layer)?;
        let size = layer.compressed.len();
        said.push(format!("{} {digest} {size} bytes", architecture.name()));
    }
    said.push(format!("index {}", layout.finish(env!("CARGO_PKG_VERSION"))?));
    Ok(said)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests;
