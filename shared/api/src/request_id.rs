//! The id that a request is known by: the sender's own, or one that is made where that is none or is not fit to be shown.

use axum::response::Response;
use domain::trace::{REQUEST_ID, is_request_id};
use gateway::request_id;
use http::{HeaderMap, HeaderValue};

/// The id of a request, which its headers have from here on.
pub(crate) fn identified(headers: &mut HeaderMap) -> HeaderValue {
    let mut lines = headers.get_all(&REQUEST_ID).iter();
    let sent = lines.next().filter(|_| lines.next().is_none());
    if let Some(id) = sent.filter(|id| is_request_id(id)) {
        return id.clone();
    }
    let id = request_id();
    headers.insert(REQUEST_ID, id.clone());
    id
}

/// An answer that names its request, whatever a function has put there.
pub(crate) fn with_request_id(mut response: Response, id: Option<HeaderValue>) -> Response {
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The refusal of a request that no API sees, with the id of the request.
pub fn identified_refusal(headers: &mut HeaderMap, refusal: Response) -> Response {
    let id = identified(headers);
    with_request_id(refusal, Some(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_taken_or_made() {
        let long = "x".repeat(129);
        for (sent, is_kept) in [
            (&["a-1"][..], true),
            (&[], false),
            (&[""], false),
            (&["a b"], false),
            (&["a", "b"], false),
            (&[long.as_str()], false),
        ] {
            let mut headers = HeaderMap::new();
            for id in sent {
                headers.append(REQUEST_ID, HeaderValue::from_str(id).unwrap());
            }
            let id = identified(&mut headers);
            assert_eq!(sent.first() == id.to_str().ok().as_ref(), is_kept, "{sent:?}");
            assert_eq!(headers.get_all(REQUEST_ID).iter().collect::<Vec<_>>(), [&id]);
            assert!(is_kept || id.len() == 36);
        }
    }
}
