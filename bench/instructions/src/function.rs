//! A function over HTTP in a process of its own, so that what it executes is not counted.

use std::io::{BufRead as _, BufReader, Read as _, Write as _, stdin, stdout};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context as _, Result};

/// What this program is given to be the function.
pub(crate) const ARGUMENT: &str = "function";

/// The answer: a response object.
const ANSWER: &str = r#"{"statusCode":200,"body":"ok"}"#;

/// The process of a function; it ends when this is dropped, or when this process ends.
pub(crate) struct FunctionProcess {
    process: Child,
    /// Where it can be called.
    pub(crate) url: String,
}

impl FunctionProcess {
    /// Starts it.
    pub(crate) fn start() -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().context("the function has no output")?;
        let mut url = String::new();
        BufReader::new(output).read_line(&mut url)?;
        Ok(Self {
            process,
            url: url.trim_end().to_owned(),
        })
    }
}

impl Drop for FunctionProcess {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // It has nothing to say at its end.
        let _ = self.process.wait();
    }
}

/// Is the function: writes its URL, and answers calls until its input ends.
pub(crate) fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    writeln!(stdout(), "http://{}/", listener.local_addr()?)?;
    thread::spawn(move || {
        while let Ok((connection, _)) = listener.accept() {
            // A connection that breaks off was the caller's to keep.
            thread::spawn(move || answer(&connection));
        }
    });
    stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Answers every call of a connection.
fn answer(mut connection: &TcpStream) -> Result<()> {
    let mut reader = BufReader::new(connection);
    let mut event = Vec::new();
    loop {
        let (mut line, mut length) = (String::new(), 0);
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        event.resize(length, 0);
        reader.read_exact(&mut event)?;
        // In one piece, so that the caller is woken once.
        let response = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{ANSWER}",
            ANSWER.len()
        );
        connection.write_all(response.as_bytes())?;
    }
}
