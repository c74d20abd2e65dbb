//! Requests and answers of HTTP/2 as the APIs know them from HTTP/1.1, and the bounds that they have there.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use api::{BytesInFlight, Held};
use axum::body::{Body, HttpBody as _};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::service::Service;

use super::activity::{Activity, Stream};
use super::answer_body::AnswerBody;

/// Bytes that a request is counted with at least, for as long as it is worked at: about as much as a connection has that
/// serves one.
const REQUEST_BYTES: usize = 8 * 1024;
/// Bytes that a field of a head is counted with besides its text (RFC 9113, section 6.5.2).
const FIELD_BYTES: usize = 32;

/// A service that answers the requests of a connection.
pub(crate) trait Answers:
    Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Unpin + Send>
    + Clone
    + Send
    + 'static
{
}

impl<S> Answers for S where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Unpin + Send>
        + Clone
        + Send
        + 'static
{
}

/// The service of a connection that speaks HTTP/2.
#[derive(Debug)]
pub(super) struct Requests<S> {
    pub(super) service: S,
    pub(super) max_headers: usize,
    pub(super) in_flight: BytesInFlight,
    pub(super) activity: Arc<Activity>,
    /// Whether requests have ids, which refusals name as well.
    pub(super) request_ids: bool,
}

/// The room of a request, which goes with it: work that goes on without its client needs it too.
#[derive(Debug, Clone)]
struct Room {
    _held: Arc<Held>,
}

impl<S: Answers> Service<Request<Incoming>> for Requests<S> {
    type Response = Response<AnswerBody>;
    type Error = Infallible;
    type Future = Answering<S::Future>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        let stream = self.activity.begin();
        let is_head = request.method() == Method::HEAD;
        let headers = request.headers_mut();
        let mut held = self.in_flight.none_held();
        let answer = if headers.len() > self.max_headers {
            let mut refusal = Response::new(Body::empty());
            *refusal.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            self.refused(headers, refusal)
        } else if self.activity.is_worn_out() || !held.grow(bytes_of(headers).max(REQUEST_BYTES)) {
            self.refused(headers, api::overloaded())
        } else {
            join_cookies(headers);
            request.extensions_mut().insert(Room {
                _held: Arc::new(held),
            });
            StreamAnswer::Awaited(self.service.call(request))
        };
        Answering {
            answer,
            is_head,
            stream: Some(stream),
        }
    }
}

impl<S: Answers> Requests<S> {
    fn refused(&self, headers: &mut HeaderMap, refusal: Response<Body>) -> StreamAnswer<S::Future> {
        StreamAnswer::Refusal(Some(if self.request_ids {
            api::identified_refusal(headers, refusal)
        } else {
            refusal
        }))
    }
}

fn bytes_of(headers: &HeaderMap) -> usize {
    let fields = headers.iter();
    fields
        .map(|(name, value)| name.as_str().len() + value.len() + FIELD_BYTES)
        .sum()
}

/// Cookies may come one by one, to be compressed better; elsewhere they are one text (RFC 9113, section 8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    let mut lines = headers.get_all(header::COOKIE).iter();
    let Some(first) = lines.next() else { return };
    let mut joined = None;
    for line in lines {
        let joined = joined.get_or_insert_with(|| first.as_bytes().to_vec());
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(line.as_bytes());
    }
    if let Some(joined) = joined.and_then(|joined| HeaderValue::from_bytes(&joined).ok()) {
        headers.insert(header::COOKIE, joined);
    }
}

/// The answer to a request, or the refusal of one that nobody works at.
enum StreamAnswer<F> {
    Awaited(F),
    Refusal(Option<Response<Body>>),
}

/// An answer in the making.
pub(super) struct Answering<F> {
    answer: StreamAnswer<F>,
    is_head: bool,
    stream: Option<Stream>,
}

impl<F> Future for Answering<F>
where
    F: Future<Output = Result<Response<Body>, Infallible>> + Unpin,
{
    type Output = Result<Response<AnswerBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let response = match &mut self.answer {
            StreamAnswer::Awaited(answer) => ready!(Pin::new(answer).poll(context))?,
            StreamAnswer::Refusal(refusal) => refusal.take().unwrap_or_default(),
        };
        let mut stream = self.stream.take();
        if let Some(stream) = &mut stream {
            stream.note_answer();
        }
        let response = without_content(response, self.is_head);
        Poll::Ready(Ok(response.map(|body| AnswerBody::new(body, stream))))
    }
}

/// An answer without the content that it must not have, which the server of HTTP/1.1 leaves out by itself.
fn without_content(mut response: Response<Body>, is_head: bool) -> Response<Body> {
    let status = response.status();
    if is_head && let Some(length) = response.body().size_hint().exact().filter(|length| *length > 0) {
        // The answer to GET would have it.
        let own = response.headers_mut().entry(header::CONTENT_LENGTH);
        own.or_insert(HeaderValue::from(length));
    }
    if status == StatusCode::NO_CONTENT {
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    if is_head || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        *response.body_mut() = Body::empty();
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_one_text() {
        for (lines, want) in [
            (&[][..], &[][..]),
            (&["a=1"], &["a=1"]),
            (&["a=1", "b=2", "c=3"], &["a=1; b=2; c=3"]),
        ] {
            let mut headers = HeaderMap::new();
            for &line in lines {
                headers.append(header::COOKIE, HeaderValue::from_static(line));
            }
            join_cookies(&mut headers);
            let joined: Vec<_> = headers.get_all(header::COOKIE).iter().collect();
            assert_eq!(joined, want);
        }
    }

    #[test]
    fn answers_have_the_content_that_they_may_have() {
        for (status, is_head, content, length) in [
            (200, false, 3, None),
            (200, true, 0, Some("3")),
            (204, false, 0, None),
            (304, false, 0, None),
        ] {
            let mut response = Response::new(Body::from("abc"));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            let response = without_content(response, is_head);
            assert_eq!(response.body().size_hint().exact(), Some(content), "{status}");
            let told = response.headers().get(header::CONTENT_LENGTH);
            assert_eq!(told.map(|told| told.to_str().unwrap()), length, "{status}");
        }
    }

    #[test]
    fn heads_are_counted_by_their_texts_and_fields() {
        let mut headers = HeaderMap::new();
        headers.insert("abc", HeaderValue::from_static("defg"));
        headers.append("abc", HeaderValue::from_static(""));
        assert_eq!(bytes_of(&headers), 3 + 4 + 3 + 2 * FIELD_BYTES);
    }
}
