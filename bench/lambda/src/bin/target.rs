//! An HTTP function of a small fixed cost, and what it costs a caller on a connection that is open already.
//!
//! `target` listens on a free port of the loopback interface, prints its URL, and ends when standard input does.
//! `target probe <address> <calls>` makes that many calls and prints microseconds, one a line.

use std::env;
use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 30\r\n\r\n\
    {\"statusCode\":200,\"body\":\"ok\"}";
/// What the gateway sends for the event of the bench, give or take a header.
const CALL: &[u8] = b"POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
    content-length: 151\r\n\r\n";
const CALL_BODY: [u8; 151] = [b' '; 151];

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => serve(),
        ["probe", address, calls] => probe(address, calls.parse()?),
        _ => bail!("usage: target [probe <address> <calls>]"),
    }
}

fn serve() -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut stdout = io::stdout();
    writeln!(stdout, "http://{}/", listener.local_addr()?)?;
    stdout.flush()?;
    thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            // A caller that hangs up in the middle has been killed, which is how most of them end.
            thread::spawn(move || answer(connection).ok());
        }
    });
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

fn answer(connection: TcpStream) -> Result<()> {
    connection.set_nodelay(true)?;
    let mut writer = connection.try_clone()?;
    let mut reader = BufReader::new(connection);
    while skip_message(&mut reader)? {
        writer.write_all(ANSWER)?;
    }
    Ok(())
}

fn probe(address: &str, calls: usize) -> Result<()> {
    let connection = TcpStream::connect(address)?;
    connection.set_nodelay(true)?;
    let mut writer = connection.try_clone()?;
    let mut reader = BufReader::new(connection);
    let call = [CALL, &CALL_BODY].concat();
    let mut times = Vec::with_capacity(calls);
    for _ in 0..calls {
        let start = Instant::now();
        writer.write_all(&call)?;
        if !skip_message(&mut reader)? {
            bail!("connection closed");
        }
        times.push(start.elapsed());
    }
    let mut stdout = io::stdout().lock();
    for time in times {
        writeln!(stdout, "{:.1}", time.as_secs_f64() * 1e6)?;
    }
    Ok(())
}

/// Reads a request or an answer; false at the end of the connection.
fn skip_message(reader: &mut BufReader<TcpStream>) -> Result<bool> {
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().context("content-length is no number")?;
        }
    }
    io::copy(&mut reader.by_ref().take(length), &mut io::sink())?;
    Ok(true)
}
