//! Images are the same for the same programs, complete, and nothing but what was checked.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value;
use tempfile::TempDir;

use super::{Wanted, build};

/// A program of a machine, whose only program header is of this type.
fn program(machine: u16, header: u32) -> Vec<u8> {
    let mut elf = vec![0; 64 + 56];
    elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
    elf[18..20].copy_from_slice(&machine.to_le_bytes());
    elf[32..40].copy_from_slice(&64_u64.to_le_bytes());
    elf[54..56].copy_from_slice(&56_u16.to_le_bytes());
    elf[56..58].copy_from_slice(&1_u16.to_le_bytes());
    elf[64..68].copy_from_slice(&header.to_le_bytes());
    elf
}

/// Builds an image of programs, each with its machine and program header.
fn image(folder: &TempDir, name: &str, programs: &[(u16, u32)]) -> anyhow::Result<Vec<String>> {
    let path = |name: String| folder.path().join(name);
    let certificates = path("ca.pem".to_owned());
    fs::write(&certificates, "-----BEGIN CERTIFICATE-----").unwrap();
    let files = programs.iter().enumerate().map(|(number, (machine, header))| {
        let file = path(format!("{name}-{number}"));
        fs::write(&file, program(*machine, *header)).unwrap();
        file
    });
    build(&Wanted {
        folder: path(name.to_owned()),
        certificates,
        programs: files.collect(),
        any_size: false,
    })
}

/// All files below a folder, by their paths in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(
                files(&path)
                    .into_iter()
                    .map(|(below, content)| (format!("{name}/{below}"), content)),
            );
        } else {
            found.insert(name, fs::read(&path).unwrap());
        }
    }
    found
}

/// What a descriptor leads to.
fn blob<'f>(files: &'f BTreeMap<String, Vec<u8>>, descriptor: &Value) -> &'f [u8] {
    let digest = descriptor["digest"].as_str().unwrap();
    let content = &files[&format!("blobs/{}", digest.replace(':', "/"))];
    assert_eq!(super::layer::digest(content), digest);
    assert_eq!(descriptor["size"], content.len());
    content
}

fn json(content: &[u8]) -> Value {
    serde_json::from_slice(content).unwrap()
}

#[test]
fn the_same_programs_are_the_same_image() {
    let folder = tempfile::tempdir().unwrap();
    let one = image(&folder, "one", &[(62, 1), (183, 1)]).unwrap();
    let two = image(&folder, "two", &[(183, 1), (62, 1)]).unwrap();
    assert_eq!(one, two);
    assert_eq!(
        files(&folder.path().join("one")),
        files(&folder.path().join("two"))
    );
    assert!(image(&folder, "one", &[(62, 1)]).is_err());
}

#[test]
fn a_layout_leads_to_files_and_says_how_to_run_them() {
    let folder = tempfile::tempdir().unwrap();
    image(&folder, "image", &[(62, 1), (183, 1)]).unwrap();
    let files = files(&folder.path().join("image"));
    let top = json(&files["index.json"]);
    let index = json(blob(&files, &top["manifests"][0]));
    assert_eq!(index["manifests"][0]["platform"]["architecture"], "amd64");
    let manifest = json(blob(&files, &index["manifests"][1]));
    let configuration = json(blob(&files, &manifest["config"]));
    assert_eq!(configuration["architecture"], "arm64");
    assert_eq!(configuration["config"]["User"], "65532:65532");
    assert_eq!(configuration["config"]["Entrypoint"][0], "/event-gateway");

    let mut archive = Vec::new();
    GzDecoder::new(blob(&files, &manifest["layers"][0]))
        .read_to_end(&mut archive)
        .unwrap();
    assert_eq!(
        configuration["rootfs"]["diff_ids"][0],
        super::layer::digest(&archive)
    );
    let mut archive = tar::Archive::new(&*archive);
    let mut entries = Vec::new();
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        assert_eq!(header.mtime().unwrap(), 0);
        entries.push((path, header.mode().unwrap(), header.uid().unwrap()));
    }
    let entries: Vec<_> = entries
        .iter()
        .map(|(path, mode, owner)| (path.as_str(), *mode, *owner))
        .collect();
    assert_eq!(
        entries,
        [
            ("data/", 0o700, 65532),
            ("etc/", 0o755, 0),
            ("etc/ssl/", 0o755, 0),
            ("etc/ssl/certs/", 0o755, 0),
            ("etc/group", 0o644, 0),
            ("etc/passwd", 0o644, 0),
            ("etc/ssl/certs/ca-certificates.crt", 0o644, 0),
            ("event-gateway", 0o755, 0),
        ]
    );
}

#[test]
fn what_cannot_run_alone_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused =
        |name: &str, programs: &[(u16, u32)]| format!("{:#}", image(&folder, name, programs).unwrap_err());
    assert!(refused("linked", &[(62, 3)]).contains("linked dynamically"));
    assert!(refused("other", &[(8, 1)]).contains("machine 8"));
    assert!(refused("twice", &[(62, 1), (62, 1)]).contains("one for amd64 already"));
    assert!(super::elf::check(b"#!/bin/sh").is_err());
    assert!(super::elf::check(&program(62, 1)[..60]).is_err());
}

#[test]
fn arguments_name_programs_and_places() {
    let wanted = Wanted::of(&["a", "--output", "o", "b", "--certificates", "c"]).unwrap();
    assert_eq!(wanted.programs, [Path::new("a"), Path::new("b")]);
    assert_eq!(
        (wanted.folder.to_str(), wanted.certificates.to_str()),
        (Some("o"), Some("c"))
    );
    for none in [&[][..], &["--output", "o"], &["a", "--output"], &["a", "--other"]] {
        assert_eq!(Wanted::of(none), None);
    }
}
