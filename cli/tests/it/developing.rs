//! `eg dev`: a gateway that follows a file until it is asked to end.

use std::io::{BufRead as _, BufReader, Read};
use std::net::TcpStream;
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::gateway_process::binary;
use crate::program::User;
use crate::stand_in::StandIn;

/// How long a line may take to come.
const PATIENCE: Duration = Duration::from_mins(1);

/// The lines of a stream as they come.
fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The next line that has this in it.
fn next_with(lines: &Receiver<String>, part: &str) -> String {
    let mut others = Vec::new();
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) if line.contains(part) => return line,
            Ok(line) => others.push(line),
            Err(err) => panic!("no line with {part:?} came, but {others:#?}: {err}"),
        }
    }
}

/// Ends with the test, whatever becomes of it.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let _ = self.0.wait();
    }
}

#[test]
fn a_gateway_follows_a_file_and_ends_when_it_is_asked_to() {
    let function = StandIn::start(|_| (200, "", "{}".to_owned()));
    let space = |types: &str, url: &str| {
        format!(
            "functions: [{{functionId: f, type: http, provider: {{url: '{url}'}}}}]\n\
             eventTypes: [{types}]\n\
             subscriptions: [{{type: async, eventType: a, functionId: f}}]\n"
        )
    };
    let binary = binary();
    let user = User::new().with("EG_GATEWAY", binary.to_str().unwrap());
    let file = user.file("gateway.yaml", &space("{name: a}, {name: old}", &function.url));
    let mut eg = Ended(user.start(&["dev", &file, "--events-port=0", "--config-port=0"]));
    let out = lines(eg.0.stdout.take().unwrap());
    let err = lines(eg.0.stderr.take().unwrap());

    let events = next_with(&err, "events")
        .split_once("http://")
        .unwrap()
        .1
        .to_owned();
    next_with(&err, "watching");
    next_with(&err, "applied");
    next_with(&out, "+ eventtype a");
    next_with(&out, "4 create");

    // What is wrong is said with its place, and changes nothing.
    user.file("gateway.yaml", &space("{name: a}, {name: 'a b'}", &function.url));
    let wrong = next_with(&err, "error: ");
    assert!(wrong.contains("eventTypes[1]"), "{wrong}");
    next_with(&err, "nothing was changed");
    user.file("gateway.yaml", "functions: [\n");
    let wrong = next_with(&err, "error: ");
    assert!(
        wrong.contains("gateway.yaml: ") && wrong.contains("line"),
        "{wrong}"
    );

    // What the file no longer has goes, and what comes is delivered and shown.
    user.file("gateway.yaml", &space("{name: a}", &function.url));
    next_with(&out, "- eventtype old");
    let port = events.rsplit(':').next().unwrap();
    let sender = User::new().with("EG_EVENTS_URL", format!("http://127.0.0.1:{port}"));
    sender.eg(&["emit", "--type", "a", "--id", "42"]).expect(0);
    let attempt = next_with(&out, "42");
    assert!(attempt.contains("delivered"), "{attempt}");

    kill_process(Pid::from_child(&eg.0), Signal::INT).unwrap();
    assert_eq!(eg.0.wait().unwrap().code(), Some(0));
    assert!(
        TcpStream::connect(format!("127.0.0.1:{port}")).is_err(),
        "the gateway still runs"
    );
}

#[test]
fn a_gateway_that_does_not_start_says_why() {
    let user = User::new();
    let missing = user.eg(&["dev", "--gateway", "/none"]).expect(1);
    assert!(
        missing.err.starts_with("error: /none cannot be started"),
        "{}",
        missing.err
    );
    let binary = binary();
    let gateway = format!("--gateway={}", binary.display());
    let refused = user.eg(&["dev", &gateway, "--", "--no-such-flag"]).expect(1);
    assert!(
        refused.err.contains("gateway: ") && refused.err.contains("no-such-flag"),
        "{}",
        refused.err
    );
    assert!(
        refused.err.ends_with("error: the gateway has ended\n"),
        "{}",
        refused.err
    );
    let no_file = user.eg(&["dev", "none.yaml", &gateway]).expect(2);
    assert!(no_file.err.contains("none.yaml"), "{}", no_file.err);
}
