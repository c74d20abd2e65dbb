//! The `event-gateway` program.

use std::error::Error;
use std::io::Write as _;
use std::pin::pin;
use std::process::ExitCode;

use event_gateway::{RunningGateway, start};
use gateway::ErrorChain;
use setup::{Settings, VERSION, telemetry};
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let settings = match Settings::try_from_args(std::env::args_os()) {
        Ok(settings) => settings,
        Err(err) => err.exit(),
    };
    if settings.version {
        let printed = writeln!(std::io::stdout(), "Event Gateway version: {VERSION}");
        return if printed.is_ok() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    if let Err(err) = telemetry::init_log(&settings.log) {
        let _ = writeln!(std::io::stderr(), "{err}");
        return ExitCode::FAILURE;
    }
    let run = runtime().and_then(|runtime| runtime.block_on(run(&settings)));
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %ErrorChain(&*error), "Event Gateway could not start.");
            ExitCode::FAILURE
        }
    }
}

/// One worker thread a core; where there is a single core, no threads to switch between.
fn runtime() -> Result<tokio::runtime::Runtime, Box<dyn Error>> {
    let cores = std::thread::available_parallelism().map_or(1, Into::into);
    let mut builder = if cores == 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        tokio::runtime::Builder::new_multi_thread()
    };
    Ok(builder.enable_all().build()?)
}

async fn run(settings: &Settings) -> Result<(), Box<dyn Error>> {
    // Signals first: one that comes while the store is opened must not kill the process half way.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut diagnose = signal(SignalKind::user_defined1())?;
    let running = start(settings).await?;
    announce(&running, settings.log.dev);
    let diagnosis = running.diagnosis().clone();
    let ended = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("Shutting down.");
        running.shutdown().await;
    };
    let mut ended = pin!(ended);
    loop {
        tokio::select! {
            () = &mut ended => return Ok(()),
            // Also while it ends: what it waits for then is what is asked.
            _ = diagnose.recv() => {
                telemetry::log_document(&settings.log, "Diagnosis.", "diagnosis", diagnosis.to_json());
            }
        }
    }
}

fn announce(running: &RunningGateway, dev: bool) {
    let [events, config] = &running.urls;
    if dev {
        // Launchers wait for this very line (docs/contract.md §6).
        tracing::info!(
            "Running in development mode with embedded etcd. Events API listening on {events}. \
             Config API listening on {config}."
        );
    } else {
        tracing::info!(
            "Event Gateway is running. Events API listening on {events}. Config API listening on {config}."
        );
    }
}
