//! A hook of the point `answer`: no caller sees what a broken function says of itself, nor which server it runs on. Rust with
//! nothing but its standard library, so it looks for text where a program would read JSON.
//!
//!     rustc --edition 2024 answers.rs && ./answers PORT

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::{env, thread};

const AS_IT_IS: &str = r#"{"response":{"headers":{"Server":null,"X-Checked-By":"answers"}}}"#;
const BROKEN: &str =
    r#"{"response":{"statusCode":502,"headers":{"Server":null,"X-Checked-By":"answers"},"body":"try again later\n"}}"#;

fn main() -> io::Result<()> {
    let port = env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(0);
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || serve(&stream));
    }
    Ok(())
}

/// Answers the questions of one connection until it ends.
fn serve(mut stream: &TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut question = vec![0; length];
        reader.read_exact(&mut question)?;
        let question = String::from_utf8_lossy(&question);
        let is_broken = question.contains(r#""response":{"statusCode":5"#);
        let said = if is_broken { BROKEN } else { AS_IT_IS };
        let length = said.len();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{said}"
        )?;
    }
}
