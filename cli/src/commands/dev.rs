//! `eg dev`: a gateway on this machine that follows a file of configuration.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use clap::Args;
use http::Method;
use tempfile::TempDir;

use crate::api::{Api, query};
use crate::commands::apply::document_of;
use crate::commands::plan::Plan;
use crate::commands::tail::Follower;
use crate::connection::Connection;
use crate::console::{Console, visible};
use crate::contexts::Context;
use crate::failure::Failure;
use crate::gateway_program::{GatewayProgram, Logged, find, read};
use crate::happening::{Happening, watch_for_the_end};
use crate::output::Format;
use crate::report::report;
use crate::session::Session;
use crate::watched_file::WatchedFile;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// How often the gateway is asked for attempts.
const FOLLOW: Duration = Duration::from_millis(500);

/// How long the gateway may take to start.
const START: Duration = Duration::from_mins(1);

/// The file that is watched if none is named and it is there.
const USUAL_FILE: &str = "gateway.yaml";

/// Start a gateway here, make it what a file says whenever that changes, and show deliveries
///
/// Events and resources are gone at the end, unless --data-dir says where to keep them. The gateway listens for this machine alone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  eg dev
  eg dev shop.yaml --data-dir .gateway
  eg dev shop.yaml --events-port 8000 --config-port 8001 -- --target-guard on")]
pub(crate) struct Arguments {
    /// File with the configuration [default: gateway.yaml, if there is one].
    file: Option<PathBuf>,
    /// The program to start [default: `event-gateway` beside this one, or in PATH].
    #[arg(long, env = "EG_GATEWAY", value_name = "PROGRAM")]
    gateway: Option<PathBuf>,
    /// Port of the Events API; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 4000)]
    events_port: u16,
    /// Port of the Configuration API; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 4001)]
    config_port: u16,
    /// Folder that keeps everything until the next time.
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Leave resources alone that the file does not have.
    #[arg(long)]
    no_prune: bool,
    /// Refuse members that the gateway does not know, and what cannot work.
    #[arg(long)]
    strict: bool,
    /// Further flags of the gateway.
    #[arg(last = true, value_name = "FLAGS")]
    flags: Vec<String>,
}

pub(crate) fn run(
    arguments: &Arguments,
    said: Context,
    patience: Duration,
    format: Format,
    console: &mut Console,
) -> Result<(), Failure> {
    let file = arguments.watched()?;
    let (tell, happenings) = channel();
    watch_for_the_end(tell.clone())?;
    let temporary = match arguments.data_dir {
        Some(_) => None,
        None => {
            Some(tempfile::tempdir().map_err(|err| Failure::Machine(format!("no folder for data: {err}")))?)
        }
    };
    let flags = arguments.flags(temporary.as_ref());
    let mut gateway = GatewayProgram::start(&find(arguments.gateway.as_deref()), &flags, tell)?;
    let result = serve(
        arguments,
        file.as_deref(),
        said,
        patience,
        format,
        console,
        &happenings,
    );
    end(&mut gateway, &happenings);
    // The folder with its data goes last.
    drop((gateway, temporary));
    result
}

/// From the start of the gateway to the wish that it ends.
fn serve(
    arguments: &Arguments,
    file: Option<&Path>,
    said: Context,
    patience: Duration,
    format: Format,
    console: &mut Console,
    happenings: &Receiver<Happening>,
) -> Result<(), Failure> {
    let Some([events, config]) = started(happenings, console)? else {
        return Ok(());
    };
    let watched = match file {
        Some(file) => format!("watching {}", file.display()),
        None => "no file is watched".to_owned(),
    };
    console.note(format_args!(
        "events        {events}\nconfiguration {config}\n{watched}; Ctrl-C ends"
    ));
    // Contexts are of other gateways.
    let said = Context {
        config_url: Some(config),
        events_url: Some(events),
        ..said
    };
    let connection = Connection::of(said, Context::default())?;
    let mut session = Session {
        api: Api::new(connection, patience),
        console,
        format,
    };
    let path = session.api.in_space("deliveries?limit=1000");
    let mut follower = Follower::new(path, false);
    let mut watched = file.map(WatchedFile::new);
    let mut last_asked = None::<Instant>;
    loop {
        if let (Some(file), Some(watched)) = (file, &mut watched)
            && watched.has_changed()
        {
            follow_file(arguments, file, &mut session)?;
        }
        if last_asked.is_none_or(|last| last.elapsed() >= FOLLOW) {
            follower.show_news(usize::MAX, &mut session)?;
            last_asked = Some(Instant::now());
        }
        session.console.flush()?;
        match happenings.recv_timeout(LOOK) {
            Ok(Happening::Interrupted) => return Ok(()),
            Ok(Happening::GatewayEnded) | Err(RecvTimeoutError::Disconnected) => return Err(gone()),
            Ok(Happening::Logged(line)) => tell(&line, session.console),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// The URLs of the gateway, events first, once it serves. `None` if it is to end before.
fn started(happenings: &Receiver<Happening>, console: &mut Console) -> Result<Option<[String; 2]>, Failure> {
    let begin = Instant::now();
    loop {
        match happenings.recv_timeout(START.saturating_sub(begin.elapsed())) {
            Ok(Happening::Logged(line)) => match read(&line) {
                Logged::Started { events, config } => return Ok(Some([events, config])),
                _ => tell(&line, console),
            },
            Ok(Happening::Interrupted) => return Ok(None),
            Ok(Happening::GatewayEnded) | Err(RecvTimeoutError::Disconnected) => return Err(gone()),
            Err(RecvTimeoutError::Timeout) => {
                let message = format!("the gateway did not start within {} s", START.as_secs());
                return Err(Failure::Machine(message));
            }
        }
    }
}

/// Makes the space what the file says, or tells why it cannot be. Only where nobody can be told, or the gateway is gone, is that the end.
fn follow_file(arguments: &Arguments, file: &Path, session: &mut Session<'_>) -> Result<(), Failure> {
    match apply(arguments, file, session) {
        Err(failure @ Failure::Output(_)) => Err(failure),
        Err(failure) => {
            report(&failure, session.console);
            session
                .console
                .note(format_args!("{}: nothing was changed", file.display()));
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

fn apply(arguments: &Arguments, file: &Path, session: &mut Session<'_>) -> Result<(), Failure> {
    let document = document_of(&[file.to_owned()], session.console)?;
    let parameters = [
        ("prune", (!arguments.no_prune).then_some("true")),
        ("fieldValidation", arguments.strict.then_some("strict")),
    ];
    let path = session.api.in_space(&format!("apply{}", query(&parameters)));
    let json = session.ask(Method::POST, &path, Some(document))?.text();
    let plan: Plan = session.read(&path, &json)?;
    session.console.note(format_args!("{}: applied", file.display()));
    session.done(&plan.described(), &json)
}

/// Has the gateway finish what it has begun. Whoever cannot wait for that asks once more.
fn end(gateway: &mut GatewayProgram, happenings: &Receiver<Happening>) {
    gateway.ask_to_end();
    while !gateway.has_ended() {
        // Its end is one of the things that happen.
        if let Ok(Happening::Interrupted) = happenings.recv_timeout(LOOK) {
            gateway.kill();
        }
    }
}

fn tell(line: &str, console: &mut Console) {
    if let Logged::Notable(text) = read(line) {
        console.note(format_args!("gateway: {}", visible(&text)));
    }
}

fn gone() -> Failure {
    Failure::Machine("the gateway has ended".to_owned())
}

impl Arguments {
    fn watched(&self) -> Result<Option<PathBuf>, Failure> {
        match &self.file {
            Some(file) if !file.is_file() => {
                let message = format!("{} is no file that could be watched", file.display());
                Err(Failure::Usage(message))
            }
            Some(file) => Ok(Some(file.clone())),
            None => {
                let usual = PathBuf::from(USUAL_FILE);
                Ok(usual.is_file().then_some(usual))
            }
        }
    }

    /// What the gateway is started with. Of a repeated flag the last one counts, and that is the user's.
    fn flags(&self, temporary: Option<&TempDir>) -> Vec<String> {
        let folder = self.data_dir.as_deref().or(temporary.map(TempDir::path));
        let folder = folder.unwrap_or(Path::new(".")).display();
        let own = [
            "--bind-address=127.0.0.1".to_owned(),
            format!("--events-port={}", self.events_port),
            format!("--config-port={}", self.config_port),
            format!("--embed-data-dir={folder}"),
            // Functions are on this machine.
            "--target-guard=off".to_owned(),
            "--shutdown-timeout=5000".to_owned(),
            // What this program reads.
            "--dev=false".to_owned(),
            "--log-level=info".to_owned(),
            "--log-format=json".to_owned(),
        ];
        own.into_iter().chain(self.flags.iter().cloned()).collect()
    }
}
