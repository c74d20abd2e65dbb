//! Sends bytes over a fresh connection and reads one answer, strictly.
//!
//! Requests are written by hand, because a client library would repair exactly what the cases send on purpose:
//! letter case of header names, unusual targets, unusual framing.

use std::{io, net::SocketAddr, pin::pin, time::Duration};

use bytes::{Buf as _, BytesMut};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, tcp::OwnedReadHalf},
};

use super::{Answer, ExchangeError, Request};

/// Enough for any answer of the gateway; more is a fault.
const MAX_HEADERS: usize = 128;

/// How long an answer that must not have a body is watched for one, if the peer keeps the connection open.
const BODY_WATCH: Duration = Duration::from_millis(300);

/// Writes a request with the headers that a connection needs.
pub(super) fn encode(request: &Request, address: SocketAddr) -> Vec<u8> {
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
    let mut add = |name: &str, value: &str| text.extend([name, ": ", value, "\r\n"]);
    if !request.has_header("Host") {
        add("Host", &address.to_string());
    }
    for (name, value) in &request.headers {
        add(name, value);
    }
    if !request.has_header("Connection") {
        add("Connection", "close");
    }
    match &request.body {
        _ if request.chunked => add("Transfer-Encoding", "chunked"),
        Some(body) if !request.has_header("Content-Length") => add("Content-Length", &body.len().to_string()),
        _ => {}
    }
    text.push_str("\r\n");
    let mut bytes = text.into_bytes();
    let body = request.body.as_deref().unwrap_or_default();
    if !request.chunked {
        bytes.extend_from_slice(body);
        return bytes;
    }
    // Two chunks, so that the gateway has something to put together.
    let (first, second) = body.split_at(body.len().div_ceil(2));
    for chunk in [first, second].into_iter().filter(|chunk| !chunk.is_empty()) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

/// Sends `bytes` and reads the first answer that is not an interim one.
pub(super) async fn exchange(address: SocketAddr, bytes: &[u8], head: bool) -> Result<Answer, ExchangeError> {
    let stream = TcpStream::connect(address)
        .await
        .map_err(ExchangeError::Connect)?;
    let (receiver, mut sender) = stream.into_split();
    // An answer may come before the whole request is sent, and a failed send may still have one: the reader decides.
    let sending = pin!(async {
        let _refused_rest = sender.write_all(bytes).await;
        std::future::pending::<Result<Answer, ExchangeError>>().await
    });
    let mut reader = Reader {
        receiver,
        buffer: BytesMut::new(),
        consumed: 0,
    };
    tokio::select! {
        answer = reader.answer(head) => answer,
        never = sending => never,
    }
}

/// Header bytes as text, one character a byte.
pub(super) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

struct Reader {
    receiver: OwnedReadHalf,
    buffer: BytesMut,
    consumed: usize,
}

impl Reader {
    async fn answer(&mut self, head: bool) -> Result<Answer, ExchangeError> {
        let mut answer = self.head().await?;
        while (100..200).contains(&answer.status) && answer.status != 101 {
            answer = self.head().await?;
        }
        answer.body = if head || matches!(answer.status, 204 | 304) {
            self.surplus().await
        } else if answer
            .header_values("Transfer-Encoding")
            .iter()
            .any(|v| v.eq_ignore_ascii_case("chunked"))
        {
            self.chunks().await?
        } else if let [length] = answer.header_values("Content-Length")[..] {
            let length = length
                .parse()
                .map_err(|_| ExchangeError::Malformed(httparse::Error::HeaderValue))?;
            self.take(length).await?
        } else {
            while self.fill().await? > 0 {}
            self.buffer.split().to_vec()
        };
        Ok(answer)
    }

    async fn head(&mut self) -> Result<Answer, ExchangeError> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
            let mut response = httparse::Response::new(&mut headers);
            let parsed = response.parse(&self.buffer).map_err(ExchangeError::Malformed)?;
            if let httparse::Status::Complete(length) = parsed {
                let status = response.code.unwrap_or_default();
                let headers = response
                    .headers
                    .iter()
                    .map(|h| (h.name.to_owned(), latin1(h.value)))
                    .collect();
                self.advance(length);
                return Ok(Answer {
                    status,
                    headers,
                    body: Vec::new(),
                });
            }
            if self.fill().await? == 0 {
                return Err(self.ended());
            }
        }
    }

    async fn chunks(&mut self) -> Result<Vec<u8>, ExchangeError> {
        let mut body = Vec::new();
        loop {
            let parsed = httparse::parse_chunk_size(&self.buffer);
            match parsed.map_err(|_| ExchangeError::Malformed(httparse::Error::Token))? {
                httparse::Status::Complete((_, 0)) => return Ok(body),
                httparse::Status::Complete((line, length)) => {
                    self.advance(line);
                    let length = usize::try_from(length).unwrap_or(usize::MAX);
                    body.extend(self.take(length).await?);
                    self.take(2).await?;
                }
                httparse::Status::Partial if self.fill().await? == 0 => return Err(self.ended()),
                httparse::Status::Partial => {}
            }
        }
    }

    async fn take(&mut self, length: usize) -> Result<Vec<u8>, ExchangeError> {
        while self.buffer.len() < length {
            if self.fill().await? == 0 {
                return Err(self.ended());
            }
        }
        self.consumed += length;
        Ok(self.buffer.split_to(length).to_vec())
    }

    /// What follows an answer that must not have a body.
    async fn surplus(&mut self) -> Vec<u8> {
        let rest = async { while self.fill().await.is_ok_and(|n| n > 0) {} };
        let _still_open = tokio::time::timeout(BODY_WATCH, rest).await;
        self.buffer.split().to_vec()
    }

    async fn fill(&mut self) -> Result<usize, ExchangeError> {
        match self.receiver.read_buf(&mut self.buffer).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Err(self.ended()),
            read => read.map_err(ExchangeError::Read),
        }
    }

    fn advance(&mut self, length: usize) {
        self.consumed += length;
        self.buffer.advance(length);
    }

    fn ended(&self) -> ExchangeError {
        match self.consumed + self.buffer.len() {
            0 => ExchangeError::Closed,
            read => ExchangeError::Truncated(read),
        }
    }
}
