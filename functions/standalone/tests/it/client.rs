//! A client that sends exactly the bytes it is told to, as no well-behaved HTTP library would.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use crate::gateway_process::PATIENCE;

/// What the gateway answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Status code.
    pub(crate) status: u16,
    /// Names in lower case, in the order they came in.
    pub(crate) headers: Vec<(String, String)>,
    /// Body, without framing.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The first header of that name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|err| panic!("{err}: {} {:?}", self.status, self.text()))
    }

    /// The message of an error, which must have the one shape that errors have (docs/contract.md O1, O4).
    pub(crate) fn error_message(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        let body = self.json();
        let message = body["errors"][0]["message"].as_str();
        let message = message.unwrap_or_else(|| panic!("{}", self.text())).to_owned();
        assert_eq!(body, serde_json::json!({"errors": [{"message": message}]}));
        assert!(self.body.ends_with(b"}\n"), "{}", self.text());
        message
    }
}

/// A connection and what was read of it beyond the last answer.
pub(crate) struct Connection<S = TcpStream> {
    /// The bare connection.
    pub(crate) stream: S,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects; reads that take too long fail.
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(stream)
    }
}

impl<S: Read + Write> Connection<S> {
    /// Speaks HTTP over a stream.
    pub(crate) fn over(stream: S) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    /// Sends bytes.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())?;
        self.stream.flush()
    }

    /// Sends bytes that may be refused before the last one: whether there is an answer is seen by reading.
    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) {
        let _refused = self.send(bytes);
    }

    /// The next answer, an interim one (1xx) too.
    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        self.answer_with_body(true)
    }

    /// The next answer, to a HEAD request.
    pub(crate) fn answer_to_head(&mut self) -> io::Result<Answer> {
        self.answer_with_body(false)
    }

    /// Whether the other side closes the connection, in order or not, without another byte.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.buffer.is_empty()
            && match self.fill() {
                Ok(read) => read == 0,
                Err(err) => matches!(err.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
            }
    }

    fn answer_with_body(&mut self, may_have_body: bool) -> io::Result<Answer> {
        let mut answer = self.head()?;
        let has_body = may_have_body && answer.status >= 200 && !matches!(answer.status, 204 | 304);
        if has_body {
            answer.body = match answer.header("content-length") {
                Some(length) => self.take(length.parse().map_err(io::Error::other)?)?,
                None => self.take_all()?,
            };
        }
        Ok(answer)
    }

    /// The next piece of a chunked body, whose head has been read; `None` after the last one. A connection that ends
    /// before is an error.
    pub(crate) fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let line = loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                break self.take(end + 2)?;
            }
            if self.fill()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        };
        let digits = String::from_utf8_lossy(&line[..line.len() - 2]).into_owned();
        let length = usize::from_str_radix(&digits, 16).map_err(io::Error::other)?;
        let mut piece = self.take(length + 2)?;
        piece.truncate(length);
        Ok((length > 0).then_some(piece))
    }

    /// The status line and the headers of the next answer.
    pub(crate) fn head(&mut self) -> io::Result<Answer> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; 512];
            let mut head = httparse::Response::new(&mut headers);
            if let httparse::Status::Complete(length) = head.parse(&self.buffer).map_err(io::Error::other)? {
                let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                let answer = Answer {
                    status: head.code.unwrap_or_default(),
                    headers: head
                        .headers
                        .iter()
                        .map(|header| (header.name.to_ascii_lowercase(), text(header.value)))
                        .collect(),
                    body: Vec::new(),
                };
                self.buffer.drain(..length);
                return Ok(answer);
            }
            if self.fill()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// So many bytes.
    pub(crate) fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < length {
            if self.fill()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.buffer.drain(..length).collect())
    }

    fn take_all(&mut self) -> io::Result<Vec<u8>> {
        while self.fill()? > 0 {}
        Ok(std::mem::take(&mut self.buffer))
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut bytes = [0; 16 * 1024];
        let read = self.stream.read(&mut bytes)?;
        self.buffer.extend_from_slice(&bytes[..read]);
        Ok(read)
    }
}

/// The bytes of an orderly request on a connection that stays open.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    if !body.is_empty() || matches!(method, "POST" | "PUT") {
        text.extend(["Content-Length: ", &body.len().to_string(), "\r\n"]);
    }
    text.push_str("\r\n");
    [text.as_bytes(), body].concat()
}

/// Sends an orderly request on a connection of its own and reads the answer.
pub(crate) fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Answer {
    let mut connection = Connection::open(address);
    connection.send(request(method, path, headers, body)).unwrap();
    connection.answer().unwrap()
}

/// GET on a connection of its own.
pub(crate) fn get(address: SocketAddr, path: &str) -> Answer {
    send(address, "GET", path, &[], "")
}
