//! A server that keeps what it is asked and gives the answers that it is told, one a connection.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a client has sent.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// Method and path.
    pub(crate) line: String,
    /// By names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Received {
    /// A header that has to be there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}"))
    }
}

/// An answer: status, further headers and body.
pub(crate) type Told = (u16, &'static str, &'static str);

/// The server.
pub(crate) struct Peer {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Peer {
    /// Gives these answers, and the last of them for ever.
    pub(crate) async fn telling(answers: impl IntoIterator<Item = Told>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&received);
        let mut answers: VecDeque<Told> = answers.into_iter().collect();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let told = answers[0];
                if answers.len() > 1 {
                    answers.pop_front();
                }
                serve(stream, told, &kept).await;
            }
        });
        Self { address, received }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that was received so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The only request that came.
    pub(crate) fn only(&self) -> Received {
        let [request] = &self.received()[..] else {
            panic!("{:?}", self.received())
        };
        request.clone()
    }
}

async fn serve(mut stream: TcpStream, (status, headers, body): Told, kept: &Mutex<Vec<Received>>) {
    let mut read = Vec::new();
    let received = loop {
        let mut piece = [0; 4096];
        let bytes = stream.read(&mut piece).await.unwrap();
        assert!(bytes > 0, "the request broke off");
        read.extend_from_slice(&piece[..bytes]);
        if let Some(received) = parsed(&read) {
            break received;
        }
    };
    kept.lock().unwrap().push(received);
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
}

/// A request, once all of it is there.
fn parsed(read: &[u8]) -> Option<Received> {
    let text = std::str::from_utf8(read).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let line = lines.next().unwrap().to_owned();
    let headers: BTreeMap<String, String> = lines
        .map(|header| {
            let (name, value) = header.split_once(':').unwrap();
            (name.to_lowercase(), value.trim().to_owned())
        })
        .collect();
    let length: usize = headers["content-length"].parse().unwrap();
    (body.len() == length).then(|| Received {
        line,
        headers,
        body: body.to_owned(),
    })
}
