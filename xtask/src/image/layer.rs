//! The one layer of an image: a compressed archive of the few files that the gateway needs. No time, user or path of the machine
//! that writes it gets in.

use std::io::Write as _;

use anyhow::Result;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};

/// Whom the gateway runs as, and who owns its data.
pub(super) const USER: u64 = 65532;

/// Where the program is.
pub(super) const PROGRAM: &str = "event-gateway";

/// Where its data is.
pub(super) const DATA: &str = "data/";

/// Programs look up the name of the user that they run as, some of them.
const PASSWD: &str = "root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/data:/sbin/nologin\n";
const GROUP: &str = "root:x:0:\nnonroot:x:65532:\n";

/// A layer.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) compressed: Vec<u8>,
    /// SHA-256 of the archive itself, which the configuration of an image names.
    pub(super) diff_id: String,
}

/// The layer with this program and these certificates.
pub(super) fn layer(program: &[u8], certificates: &[u8]) -> Result<Layer> {
    let mut archive = Builder::new(Vec::new());
    folder(&mut archive, DATA, 0o700, USER)?;
    for path in ["etc/", "etc/ssl/", "etc/ssl/certs/"] {
        folder(&mut archive, path, 0o755, 0)?;
    }
    file(&mut archive, "etc/group", 0o644, GROUP.as_bytes())?;
    file(&mut archive, "etc/passwd", 0o644, PASSWD.as_bytes())?;
    file(
        &mut archive,
        "etc/ssl/certs/ca-certificates.crt",
        0o644,
        certificates,
    )?;
    file(&mut archive, PROGRAM, 0o755, program)?;
    let archive = archive.into_inner()?;
    let mut compressed: GzEncoder<_> = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    compressed.write_all(&archive)?;
    Ok(Layer {
        compressed: compressed.finish()?,
        diff_id: digest(&archive),
    })
}

/// The digest of a content as images name it.
pub(super) fn digest(content: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(content)))
}

fn folder(archive: &mut Builder<Vec<u8>>, path: &str, mode: u32, owner: u64) -> Result<()> {
    entry(archive, (path, EntryType::Directory), mode, owner, &[])
}

fn file(archive: &mut Builder<Vec<u8>>, path: &str, mode: u32, content: &[u8]) -> Result<()> {
    entry(archive, (path, EntryType::Regular), mode, 0, content)
}

fn entry(
    archive: &mut Builder<Vec<u8>>,
    (path, kind): (&str, EntryType),
    mode: u32,
    owner: u64,
    content: &[u8],
) -> Result<()> {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(owner);
    header.set_gid(owner);
    header.set_mtime(0);
    header.set_size(content.len() as u64);
    archive.append_data(&mut header, path, content)?;
    Ok(())
}
