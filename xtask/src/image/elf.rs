//! What an image has to know of a program: its architecture, and that it needs no other file.

use anyhow::{Result, bail, ensure};

/// An architecture that images are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Architecture {
    Amd64,
    Arm64,
}

impl Architecture {
    /// Its name in images, which is that of Go.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }
}

/// Type of the program header that names a dynamic linker.
const PT_INTERP: u32 = 3;

/// The architecture of a program of Linux in 64 bits, little-endian. One that is linked dynamically is refused: there is
/// no linker in the image.
pub(super) fn check(program: &[u8]) -> Result<Architecture> {
    ensure!(
        program.starts_with(b"\x7fELF\x02\x01"),
        "it is no 64-bit program of Linux"
    );
    let architecture = match u16_at(program, 18)? {
        62 => Architecture::Amd64,
        183 => Architecture::Arm64,
        other => bail!("there is no image for machine {other}"),
    };
    let headers = usize::try_from(u64_at(program, 32)?)?;
    let (size, count) = (u16_at(program, 54)?, u16_at(program, 56)?);
    for header in 0..usize::from(count) {
        let at = headers + header * usize::from(size);
        ensure!(
            u32_at(program, at)? != PT_INTERP,
            "it is linked dynamically, and there is no linker in the image: build it for a musl target"
        );
    }
    Ok(architecture)
}

fn bytes_at<const N: usize>(program: &[u8], at: usize) -> Result<[u8; N]> {
    let bytes = at.checked_add(N).and_then(|end| program.get(at..end));
    match bytes.and_then(|bytes| <[u8; N]>::try_from(bytes).ok()) {
        Some(bytes) => Ok(bytes),
        None => bail!("it is cut off"),
    }
}

fn u16_at(program: &[u8], at: usize) -> Result<u16> {
    bytes_at(program, at).map(u16::from_le_bytes)
}

fn u32_at(program: &[u8], at: usize) -> Result<u32> {
    bytes_at(program, at).map(u32::from_le_bytes)
}

fn u64_at(program: &[u8], at: usize) -> Result<u64> {
    bytes_at(program, at).map(u64::from_le_bytes)
}
