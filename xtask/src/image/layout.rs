//! The OCI image layout: blobs that are named by their digests, and the index that leads to them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::elf::Architecture;
use super::layer::{DATA, Layer, PROGRAM, USER, digest};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIGURATION: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// The same in every image, as nothing else of it depends on when it was made.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// A layout that is being written.
#[derive(Debug)]
pub(super) struct Layout {
    folder: PathBuf,
    manifests: Vec<Value>,
}

impl Layout {
    /// A new one. What is in a folder already is nobody's to overwrite.
    pub(super) fn create(folder: &Path) -> Result<Self> {
        if folder.exists() {
            bail!(
                "{} is there already: remove it, or name another with --output",
                folder.display()
            );
        }
        fs::create_dir_all(folder.join("blobs/sha256"))
            .with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self {
            folder: folder.to_owned(),
            manifests: Vec::new(),
        })
    }

    /// Adds the image of an architecture and returns its digest.
    pub(super) fn add(&mut self, architecture: Architecture, layer: &Layer) -> Result<String> {
        let configuration = self.blob(
            CONFIGURATION,
            &bytes(&configuration(architecture, &layer.diff_id)),
        )?;
        let layer = self.blob(LAYER, &layer.compressed)?;
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": configuration,
            "layers": [layer],
        });
        let mut manifest = self.blob(MANIFEST, &bytes(&manifest))?;
        manifest["platform"] = json!({"architecture": architecture.name(), "os": "linux"});
        let digest = manifest["digest"].as_str().unwrap_or_default().to_owned();
        self.manifests.push(manifest);
        Ok(digest)
    }

    /// Writes what leads to the images, under the name of a version, and returns the digest of that.
    pub(super) fn finish(mut self, version: &str) -> Result<String> {
        let manifests = std::mem::take(&mut self.manifests);
        // One image is named itself: not all tools look into an index.
        let mut named = match <[Value; 1]>::try_from(manifests) {
            Ok([manifest]) => manifest,
            Err(manifests) => {
                let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
                self.blob(INDEX, &bytes(&index))?
            }
        };
        named["annotations"] = json!({"org.opencontainers.image.ref.name": version});
        let digest = named["digest"].as_str().unwrap_or_default().to_owned();
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [named]});
        self.write("index.json", &bytes(&index))?;
        self.write("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        Ok(digest)
    }

    /// Writes a blob and describes it.
    fn blob(&self, media_type: &str, content: &[u8]) -> Result<Value> {
        let digest = digest(content);
        self.write(&format!("blobs/{}", digest.replace(':', "/")), content)?;
        Ok(json!({"mediaType": media_type, "digest": digest, "size": content.len()}))
    }

    fn write(&self, path: &str, content: &[u8]) -> Result<()> {
        let path = self.folder.join(path);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// How the program is run.
fn configuration(architecture: Architecture, diff_id: &str) -> Value {
    let data = format!("/{}", DATA.trim_end_matches('/'));
    let user = format!("{USER}:{USER}");
    json!({
        "created": CREATED,
        "architecture": architecture.name(),
        "os": "linux",
        "config": {
            "User": user,
            "ExposedPorts": {"4000/tcp": {}, "4001/tcp": {}},
            "Env": ["PATH=/", format!("EVENT_GATEWAY_EMBED_DATA_DIR={data}")],
            "Entrypoint": [format!("/{PROGRAM}")],
            "Volumes": {data.as_str(): {}},
            "WorkingDir": data,
            "StopSignal": "SIGTERM",
            "Labels": {
                "org.opencontainers.image.title": "Event Gateway",
                "org.opencontainers.image.version": env!("CARGO_PKG_VERSION"),
                "org.opencontainers.image.licenses": "Apache-2.0",
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created": CREATED, "created_by": "cargo xtask image"}],
    })
}

/// JSON with the members in the order of their names, whatever else is built with this program.
fn bytes(value: &Value) -> Vec<u8> {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let mut pairs: Vec<_> = members.iter().collect();
                pairs.sort_by_key(|(name, _)| *name);
                pairs
                    .into_iter()
                    .map(|(name, member)| (name.clone(), sorted(member)))
                    .collect()
            }
            Value::Array(items) => items.iter().map(sorted).collect(),
            other => other.clone(),
        }
    }
    sorted(value).to_string().into_bytes()
}
