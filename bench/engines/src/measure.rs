//! What the kernel says about this process and its files.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    time::Duration,
};

use anyhow::{Context, Result};
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeVal,
};

/// A scratch directory, removed when dropped.
///
/// It lies below the package's `target/` rather than the system's temporary directory, which may be memory: an fsync has to reach
/// a disk to be measured. `BENCH_DIR` names another parent.
pub struct Directory(PathBuf);

impl Directory {
    /// Creates a directory that no other process uses.
    pub fn create() -> Result<Self> {
        let parent = env::var_os("BENCH_DIR").map_or_else(
            || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/data")),
            PathBuf::from,
        );
        let path = parent.join(process::id().to_string());
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // A leftover directory only costs disk and lies under target/.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// User and system time of all threads of this process so far.
pub fn cpu() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok(duration(usage.user_time())? + duration(usage.system_time())?)
}

fn duration(time: TimeVal) -> Result<Duration> {
    Ok(Duration::from_secs(u64::try_from(time.tv_sec())?)
        + Duration::from_micros(u64::try_from(time.tv_usec())?))
}

/// A line of `/proc/self/status` in MB: `VmRSS` for resident memory now, `VmHWM` for its peak.
pub fn memory(line: &str) -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let kilobytes: u32 = status
        .lines()
        .find_map(|text| {
            text.strip_prefix(line)?
                .strip_prefix(':')?
                .split_whitespace()
                .next()
        })
        .context("no such line in /proc/self/status")?
        .parse()?;
    Ok(f64::from(kilobytes) / 1024.0)
}

/// Bytes allocated on disk below `path`, in MB: holes of sparse files do not count.
pub fn disk(path: &Path) -> Result<f64> {
    use std::os::unix::fs::MetadataExt;

    let mut blocks = 0;
    let mut pending = vec![path.to_path_buf()];
    while let Some(path) = pending.pop() {
        let metadata = fs::metadata(&path)?;
        blocks += metadata.blocks();
        if metadata.is_dir() {
            for entry in fs::read_dir(path)? {
                pending.push(entry?.path());
            }
        }
    }
    Ok(f64::from(u32::try_from(blocks)?) * 512.0 / 1e6)
}

/// Prints one figure in the form that the report reads back.
pub fn figure(name: &str, value: f64) {
    println!("{name} {value:.3}");
}

/// A duration in milliseconds.
pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
