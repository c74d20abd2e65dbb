//! Names that change between questions, mixed answers, and spellings of addresses, with real sockets on loopback. What
//! leads to public addresses is not connected to here.

mod any_url;
mod names;
mod spellings;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use bytes::Bytes;
use domain::retry::FailureClass;
use http_body_util::Full;

use self::names::Names;
use super::super::client::client;
use super::super::destination::Destination;
use super::super::response_body::ResponseBody;
use super::super::sending::answered;
use super::super::unread::Unread;
use super::*;
use crate::error::InvokeError;

/// How long a request may take that leads to a server which says nothing.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Answered,
    /// By the guard, for good.
    Refused,
    /// The URL cannot be sent to.
    NoUrl,
    /// Connected to something that says nothing.
    Unanswered,
    /// Anything else.
    Failed,
}

#[expect(clippy::unnecessary_wraps, reason = "what connectors are made with")]
fn guard(allowed: &[&str]) -> Option<Arc<NetworkGuard>> {
    let allowed = allowed.iter().map(|text| text.parse().unwrap()).collect();
    Some(Arc::new(NetworkGuard::new(allowed)))
}

/// Sends a request on a connection of its own.
async fn request(names: &Names, guard: Option<Arc<NetworkGuard>>, url: &str) -> End {
    let Ok(to) = Destination::parse(url) else {
        return End::NoUrl;
    };
    let mut request = http::Request::new(Full::<Bytes>::default());
    *request.uri_mut() = to.uri;
    let connector = TcpConnector::with_resolver(names.clone(), guard);
    let client = client(connector);
    let Ok(sent) = tokio::time::timeout(PATIENCE, client.request(request)).await else {
        return End::Unanswered;
    };
    let (_, unread) = Unread::follow(Full::default(), None);
    match answered(sent.map(|response| response.map(|body| ResponseBody::shared(body, false, unread)))) {
        Ok(_) => End::Answered,
        Err(InvokeError::Unavailable {
            permanent: true,
            source,
        }) => {
            assert_eq!(source.to_string(), "the target's address is not allowed");
            End::Refused
        }
        Err(error) => {
            assert_eq!(error.class(), FailureClass::Transient, "{error}");
            End::Failed
        }
    }
}

/// A server that answers every connection once, and says nothing of itself.
fn answering(address: Ipv4Addr, port: u16) -> u16 {
    use std::io::{Read as _, Write as _};

    let listener = TcpListener::bind((address, port)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    port
}

/// A server that nobody must connect to.
struct Hidden(TcpListener);

impl Hidden {
    fn at(address: Ipv4Addr, port: u16) -> Self {
        let listener = TcpListener::bind((address, port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    /// How many have connected since the last question.
    fn connections(&self) -> usize {
        let mut connections = 0;
        loop {
            match self.0.accept() {
                Ok(_) => connections += 1,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return connections,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

const HIDDEN: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

#[tokio::test]
async fn a_name_that_changes_is_judged_each_time() {
    let port = answering(Ipv4Addr::LOCALHOST, 0);
    let hidden = Hidden::at(HIDDEN, port);
    // The one address plays the public one.
    let guard = guard(&["127.0.0.1"]);
    let url = format!("http://rebind.example:{port}/");
    let answers = [
        (&["127.0.0.1"][..], End::Answered),
        (&["127.0.0.2"], End::Refused),
        (&["127.0.0.1"], End::Answered),
        (&["::ffff:127.0.0.2"], End::Refused),
        (&["127.0.0.2", "127.0.0.1"], End::Answered),
        (&["127.0.0.1", "127.0.0.2", "169.254.169.254"], End::Answered),
        (&["169.254.169.254", "127.0.0.2", "::1"], End::Refused),
        (&["0.0.0.0"], End::Refused),
        (&[], End::Failed),
    ];
    let names = Names::answering(answers.map(|(addresses, _)| addresses));
    for (number, (addresses, want)) in answers.into_iter().enumerate() {
        assert_eq!(request(&names, guard.clone(), &url).await, want, "{addresses:?}");
        // Once for each connection: what is judged is what is connected to.
        assert_eq!(names.asked(), number + 1, "{addresses:?}");
    }
    assert_eq!(hidden.connections(), 0);
}

#[tokio::test]
async fn without_a_guard_names_lead_anywhere() {
    let hidden = Hidden::at(HIDDEN, 0);
    let names = Names::answering([&["127.0.0.2"][..]]);
    let url = format!("http://rebind.example:{}/", hidden.port());
    assert_eq!(request(&names, None, &url).await, End::Unanswered);
    assert_eq!(hidden.connections(), 1);
}

#[tokio::test]
async fn listed_names_lead_anywhere() {
    let port = answering(Ipv4Addr::LOCALHOST, 0);
    let guard = guard(&["*.internal.example", "LOCALHOST"]);
    for (name, want) in [
        ("a.internal.example", End::Answered),
        ("A.Internal.Example.", End::Answered),
        ("localhost", End::Answered),
        ("internal.example", End::Refused),
        ("a.internal.example.evil", End::Refused),
        // Listed is the name: its address, or another name of it, is not.
        ("127.0.0.1", End::Refused),
        ("localhost.localdomain", End::Refused),
    ] {
        let names = Names::answering([&["127.0.0.1"][..]]);
        let url = format!("http://{name}:{port}/");
        assert_eq!(request(&names, guard.clone(), &url).await, want, "{name}");
    }
}

#[tokio::test]
async fn a_connection_that_is_kept_is_not_judged_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let answer = hyper::service::service_fn(async |_: http::Request<_>| {
            Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
        });
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), answer)
            .await
    });
    let names = Names::answering([&["127.0.0.1"][..]]);
    let client = client(TcpConnector::with_resolver(names.clone(), guard(&["127.0.0.1"])));
    for _ in 0..3 {
        let mut request = http::Request::new(Full::<Bytes>::default());
        *request.uri_mut() = format!("http://name.example:{port}/").parse().unwrap();
        let response = client.request(request).await.unwrap();
        super::super::body::read(response, 100, crate::keeping::Keeping::default())
            .await
            .unwrap();
    }
    assert_eq!(names.asked(), 1);
    drop(client);
    serving.await.unwrap().unwrap();
}

fn unguarded() -> TcpConnector {
    TcpConnector::new(None, LookupLimits::default())
}

#[tokio::test]
async fn quiet_connections_are_kept_alive() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    for mut connector in [unguarded(), unguarded().for_tls()] {
        let stream = connector.call(url.parse().unwrap()).await.unwrap().into_inner();
        let socket = socket2::SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        let times = [
            socket.tcp_keepalive_time().unwrap(),
            socket.tcp_keepalive_interval().unwrap(),
        ];
        assert_eq!(times, [KEEP_ALIVE; 2]);
    }
}
