//! Flags of the original program.

use std::path::PathBuf;

use clap::Args;

/// Flags of the original program: launchers pass them, the embedded store needs none of them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Accepted for launchers of the original, without effect")]
pub struct FormerSettings {
    /// Hosts of an etcd cluster.
    #[arg(long = "db-hosts", default_value = "127.0.0.1:2379", value_name = "HOSTS")]
    pub db_hosts: String,
    /// Peer address of an embedded etcd.
    #[arg(
        long = "embed-peer-addr",
        default_value = "http://127.0.0.1:2380",
        value_name = "URL"
    )]
    pub embed_peer_addr: String,
    /// Client address of an embedded etcd.
    #[arg(
        long = "embed-cli-addr",
        default_value = "http://127.0.0.1:2379",
        value_name = "URL"
    )]
    pub embed_cli_addr: String,
    /// Path of a plugin; plugins of the original cannot be loaded, so this ends the start with an error.
    #[arg(long = "plugin", value_name = "PATH")]
    pub plugin: Vec<PathBuf>,
}
