//! Spans to the daemon of AWS X-Ray, one UDP datagram each. It is on the same machine, and on AWS Lambda beside every function.

mod segment;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _, UdpSocket};

use crate::span::Span;

/// What the daemon knows a document by.
const HEADER: &[u8] = b"{\"format\":\"json\",\"version\":1}\n";

/// Most bytes of a document.
const MOST_BYTES: usize = 64 * 1024;

/// What sends spans to the daemon. Nothing says whether they arrive.
#[derive(Debug)]
pub(crate) struct XRaySocket {
    socket: UdpSocket,
    daemon: SocketAddr,
    service: String,
}

impl XRaySocket {
    /// One for a daemon, by address or name. Fails where there is no such, and when the system has no socket left.
    pub(crate) fn open(daemon: &str, service: String) -> io::Result<Self> {
        let nowhere = || io::Error::new(io::ErrorKind::NotFound, "it has no address");
        let daemon = daemon.to_socket_addrs()?.next().ok_or_else(nowhere)?;
        let any = match daemon {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let socket = UdpSocket::bind(any)?;
        // A datagram that would have to wait is left out: nobody waits for spans.
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            daemon,
            service,
        })
    }

    /// Sends spans; gives how many were left out.
    pub(crate) fn send(&self, spans: &[Span]) -> usize {
        let mut datagram = Vec::with_capacity(1024);
        let mut is_sent = |span: &Span| {
            datagram.clear();
            datagram.extend_from_slice(HEADER);
            segment::write(&mut datagram, span, &self.service);
            datagram.len() <= MOST_BYTES && self.socket.send_to(&datagram, self.daemon).is_ok()
        };
        spans.iter().filter(|span| !is_sent(span)).count()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::trace::SpanContext;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::span::{SpanKind, Value};

    #[test]
    fn each_span_is_a_datagram() {
        let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
        daemon.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let context = SpanContext {
            trace: 0x5b8e_fff7_9803_8103_d269_b633_813f_c60c,
            span: 0xeee1_9b7e_c3c1_b174,
            is_sampled: true,
        };
        let server = Span {
            context,
            parent: None,
            link: None,
            kind: SpanKind::Server,
            name: "POST /a/:id".to_owned(),
            began: 1_544_712_660_250_000_000,
            ended: 1_544_712_661_500_000_000,
            attributes: vec![
                ("http.request.method", Value::Text("POST".to_owned())),
                ("http.response.status_code", Value::Number(500)),
                ("http.route", Value::Text("/a/:id".to_owned())),
            ],
            is_error: true,
        };
        let invoke = Span {
            parent: Some(1),
            link: Some(context),
            kind: SpanKind::Client,
            name: "invoke {\"f\"}".to_owned(),
            attributes: vec![("http.response.status_code", Value::Number(429))],
            ..server.clone()
        };
        let socket = XRaySocket::open(&daemon.local_addr().unwrap().to_string(), "gate".to_owned()).unwrap();
        assert_eq!(socket.send(&[server, invoke]), 0);
        let received = || {
            let mut bytes = vec![0; MOST_BYTES];
            let length = daemon.recv(&mut bytes).unwrap();
            let document = bytes[..length].strip_prefix(HEADER).unwrap();
            serde_json::from_slice::<Json>(document).unwrap()
        };
        let trace = "1-5b8efff7-98038103d269b633813fc60c";
        let common = json!({
            "id": "eee19b7ec3c1b174", "trace_id": trace, "start_time": 1_544_712_660.25, "end_time": 1_544_712_661.5,
        });
        let mut want = common.clone();
        want["name"] = json!("gate");
        want["fault"] = json!(true);
        want["http"] = json!({"request": {"method": "POST"}, "response": {"status": 500}});
        want["annotations"] = json!({
            "span": "POST /a/:id", "http_request_method": "POST", "http_response_status_code": 500, "http_route": "/a/:id",
        });
        assert_eq!(received(), want);
        let mut want = common;
        want["name"] = json!("invoke __f__");
        want["type"] = json!("subsegment");
        want["namespace"] = json!("remote");
        want["parent_id"] = json!("0000000000000001");
        want["links"] = json!([{"trace_id": trace, "id": "eee19b7ec3c1b174"}]);
        want["error"] = json!(true);
        want["throttle"] = json!(true);
        want["http"] = json!({"response": {"status": 429}});
        want["annotations"] = json!({"http_response_status_code": 429});
        assert_eq!(received(), want);
    }
}
