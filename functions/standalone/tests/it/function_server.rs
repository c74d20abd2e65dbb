//! Functions that the gateway calls: well-behaved ones, and such as no HTTP library could be made to be.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// A call that a function got.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Path of the function's URL.
    pub(crate) path: String,
    /// Headers, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// Payload.
    pub(crate) body: Vec<u8>,
}

impl Call {
    /// A header; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The payload as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A server of functions, addressed by their path. It stops when it is dropped.
pub(crate) struct FunctionServer {
    address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
    is_stopped: Arc<AtomicBool>,
}

impl FunctionServer {
    /// A server that answers every call with 200 and a body.
    pub(crate) fn answering(body: impl Into<String>) -> Self {
        let body = body.into();
        Self::start(move |stream, _| stream.write_all(answer(200, &body).as_bytes()))
    }

    /// A server that behaves as it is told. What is no `Ok` closes the connection.
    pub(crate) fn start(
        behave: impl Fn(&mut TcpStream, &Call) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            calls: Arc::default(),
            is_stopped: Arc::default(),
        };
        let (calls, is_stopped, behave) = (server.calls.clone(), server.is_stopped.clone(), Arc::new(behave));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if is_stopped.load(Ordering::Acquire) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                let (calls, behave) = (calls.clone(), behave.clone());
                thread::spawn(move || {
                    let _ = stream.set_nodelay(true);
                    while let Ok(call) = read_call(&mut stream) {
                        calls.lock().unwrap().push(call.clone());
                        if behave(&mut stream, &call).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        server
    }

    /// URL of the function with this path, which starts with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Calls so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

impl Drop for FunctionServer {
    fn drop(&mut self) {
        self.is_stopped.store(true, Ordering::Release);
        // Wakes the listener, so that it sees.
        let _ = TcpStream::connect(self.address);
    }
}

/// The text of an answer with a body.
pub(crate) fn answer(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Waits until the other side closes the connection.
pub(crate) fn wait_for_close(stream: &mut TcpStream) -> io::Result<()> {
    while stream.read(&mut [0; 1024])? > 0 {}
    Err(ErrorKind::ConnectionAborted.into())
}

fn read_call(stream: &mut TcpStream) -> io::Result<Call> {
    let mut bytes = Vec::new();
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Request::new(&mut headers);
        if let httparse::Status::Complete(length) = head.parse(&bytes).map_err(io::Error::other)? {
            let length_of_body = head.headers.iter().find_map(|header| {
                let is_length = header.name.eq_ignore_ascii_case("content-length");
                is_length.then(|| String::from_utf8_lossy(header.value).parse::<usize>().ok())?
            });
            let path = head.path.unwrap_or_default().to_owned();
            let text = |header: &httparse::Header<'_>| {
                let value = String::from_utf8_lossy(header.value).into_owned();
                (header.name.to_ascii_lowercase(), value)
            };
            let headers = head.headers.iter().map(text).collect();
            let end = length + length_of_body.unwrap_or_default();
            let got = bytes.len().min(end);
            bytes.resize(end, 0);
            stream.read_exact(&mut bytes[got..])?;
            let body = bytes.split_off(length);
            return Ok(Call { path, headers, body });
        }
        let mut more = [0; 16 * 1024];
        match stream.read(&mut more)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            read => bytes.extend_from_slice(&more[..read]),
        }
    }
}
