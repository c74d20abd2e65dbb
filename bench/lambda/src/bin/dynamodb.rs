//! A DynamoDB in memory, for functions that are measured: compiled, so that little of their time is its own.
//!
//! Listens on a free port of the loopback interface, prints its URL, and ends when standard input does.

use std::io::Write as _;
use std::net::Ipv4Addr;

use anyhow::{Result, anyhow};
use dynoxide::{Database, server};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let database = Database::memory().map_err(|err| anyhow!("no database: {err}"))?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "http://{}", listener.local_addr()?)?;
    stdout.flush()?;
    tokio::select! {
        () = server::serve_on(listener, database) => Ok(()),
        ended = spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())) => {
            ended??;
            Ok(())
        }
    }
}
