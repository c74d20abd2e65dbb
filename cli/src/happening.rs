//! What a command that goes on for long waits for besides the gateway's answers.

use std::sync::mpsc::Sender;
use std::thread;

use tokio::runtime::Runtime;

use crate::failure::Failure;

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Happening {
    /// The gateway that was started wrote this line.
    Logged(String),
    /// It ended.
    GatewayEnded,
    /// Somebody wants this program to end.
    Interrupted,
}

/// Has somebody told whenever this process is asked to end, which then does so itself.
pub(crate) fn watch_for_the_end(told: Sender<Happening>) -> Result<(), Failure> {
    let failed = |err: std::io::Error| Failure::Machine(format!("signals cannot be waited for: {err}"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    let signals = signals(&runtime).map_err(failed)?;
    thread::spawn(move || runtime.block_on(pass_on(signals, told)));
    Ok(())
}

#[cfg(unix)]
type Signals = [tokio::signal::unix::Signal; 3];

/// Listening begins here: a signal that comes from now on ends nothing by itself.
#[cfg(unix)]
fn signals(runtime: &Runtime) -> std::io::Result<Signals> {
    use tokio::signal::unix::{SignalKind, signal};
    let _entered = runtime.enter();
    Ok([
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
        signal(SignalKind::hangup())?,
    ])
}

#[cfg(unix)]
async fn pass_on([mut interrupt, mut terminate, mut hangup]: Signals, told: Sender<Happening>) {
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        if told.send(Happening::Interrupted).is_err() {
            return;
        }
    }
}

#[cfg(not(unix))]
type Signals = ();

#[cfg(not(unix))]
fn signals(_runtime: &Runtime) -> std::io::Result<Signals> {
    Ok(())
}

#[cfg(not(unix))]
async fn pass_on(_signals: Signals, told: Sender<Happening>) {
    while tokio::signal::ctrl_c().await.is_ok() && told.send(Happening::Interrupted).is_ok() {}
}
