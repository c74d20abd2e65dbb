//! Shapes of 2017 and what they become, as tables.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};

use super::*;
use crate::cors_decision::{preflight_headers, response_headers};
use crate::event::EventStamp;
use crate::ids::SubscriptionId;
use crate::resource::{Function, Resource as _};

fn read(body: &str) -> Option<LegacySubscription> {
    subscription(&"default".into(), None, body.as_bytes()).unwrap()
}

fn shown(read: &LegacySubscription) -> String {
    serde_json::to_string(&SubscriptionView::new(&read.subscription, read.cors.as_ref())).unwrap()
}

#[test]
fn subscriptions() {
    let http = "c3luYyxodHRwLnJlcXVlc3QsJTJGdXNlcnMlMkY6aWQsR0VU";
    for (body, event_type, want) in [
        (
            r#"{"event":"http","functionId":"f","path":"users/:id"}"#,
            "http.request",
            format!(
                r#"{{"space":"default","subscriptionId":"{http}","type":"sync","eventType":"http.request","functionId":"f","path":"/users/:id","method":"GET","event":"http"}}"#
            ),
        ),
        (
            r#"{"EVENT":"http","functionId":"f","path":"/users/:id","method":"get","subscriptionId":"x","space":"y"}"#,
            "http.request",
            format!(
                r#"{{"space":"default","subscriptionId":"{http}","type":"sync","eventType":"http.request","functionId":"f","path":"/users/:id","method":"GET","event":"http"}}"#
            ),
        ),
        (
            r#"{"event":"test.event","functionId":"test","eventType":"other","method":"GET","metadata":{"a":"b"}} tail"#,
            "test.event",
            r#"{"space":"default","subscriptionId":"YXN5bmMsdGVzdC5ldmVudCx0ZXN0LCUyRixQT1NU","type":"async","eventType":"test.event","functionId":"test","path":"/","method":"POST","metadata":{"a":"b"},"event":"test.event"}"#.to_owned(),
        ),
        (
            r#"{"event":"invoke","functionId":"f","path":"/p","cors":{}}"#,
            "invoke",
            r#"{"space":"default","subscriptionId":"YXN5bmMsaW52b2tlLGYsJTJGcCxQT1NU","type":"async","eventType":"invoke","functionId":"f","path":"/p","method":"POST","event":"invoke"}"#.to_owned(),
        ),
    ] {
        let read = read(body).unwrap();
        assert_eq!(shown(&read), want, "{body}");
        assert_eq!(read.event_type.name.as_str(), event_type);
        assert_eq!((read.event_type.authorizer_id, read.cors), (None, None), "{body}");
    }
}

#[test]
fn other_shapes_are_left_to_others() {
    for body in [
        r#"{"type":"async","eventType":"e","functionId":"f"}"#,
        r#"{"type":"async","event":"e","eventType":"e","functionId":"f"}"#,
        r#"{"type":"","event":"e"}"#,
        r#"{"eventType":"e","functionId":"f"}"#,
        r#"{"event":"","functionId":"f"}"#,
        r#"{"event":null}"#,
        "{}",
        "",
        "{",
        "[]",
        "5",
    ] {
        assert_eq!(read(body), None, "{body}");
    }
}

#[test]
fn refused_subscriptions() {
    let field = |field: &str, tag: &str| {
        format!(
            "Subscription doesn't validate. Validation error: Key: 'Subscription.{field}' Error:Field validation for '{field}' failed on the '{tag}' tag"
        )
    };
    for (body, want) in [
        (r#"{"event":"http","path":"/a"}"#, field("FunctionID", "required")),
        (r#"{"event":"a b","functionId":"f"}"#, field("EventType", "eventType")),
        (
            r#"{"event":"http","functionId":"f","method":"TRACE"}"#,
            field("Method", "eq=GET|eq=POST|eq=DELETE|eq=PUT|eq=PATCH|eq=HEAD|eq=OPTIONS"),
        ),
        (
            r#"{"event":5}"#,
            "Subscription doesn't validate. Validation error: json: cannot unmarshal number into Go struct field event of type string".to_owned(),
        ),
        (
            r#"{"event":"http","functionId":"f","cors":[]}"#,
            "Subscription doesn't validate. Validation error: json: cannot unmarshal array into Go struct field cors of type object".to_owned(),
        ),
        (
            r#"{"event":"http","functionId":"f","cors":{"origins":"*"}}"#,
            "CORS configuration doesn't validate. Validation error: json: cannot unmarshal string into Go struct field allowedOrigins of type array".to_owned(),
        ),
    ] {
        let error = subscription(&"default".into(), None, body.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), want, "{body}");
    }
}

#[test]
fn inline_cors() {
    for (cors, want) in [
        (
            "{}",
            r#"{"origins":["*"],"methods":["HEAD","GET","POST"],"headers":["Origin","Accept","Content-Type"],"allowCredentials":false}"#,
        ),
        (
            r#"{"origins":["http://a"],"methods":["PUT"],"headers":["X-A"],"allowCredentials":true,"maxAge":5}"#,
            r#"{"origins":["http://a"],"methods":["PUT"],"headers":["X-A"],"allowCredentials":true}"#,
        ),
    ] {
        let body = format!(r#"{{"event":"http","functionId":"f","method":"post","path":"a","cors":{cors}}}"#);
        let read = read(&body).unwrap();
        let made = read.cors.as_ref().unwrap();
        assert_eq!(made.cors_id.as_str(), "POST%2Fa");
        assert_eq!((made.method.as_str(), made.path.as_str()), ("POST", "/a"));
        assert_eq!(
            made.metadata.get(CORS_OWNER).unwrap(),
            read.subscription.subscription_id.as_str()
        );
        assert!(
            shown(&read).ends_with(&format!(r#","event":"http","cors":{want}}}"#)),
            "{}",
            shown(&read)
        );
    }
    assert_eq!(
        read(r#"{"event":"http","functionId":"f","cors":null}"#)
            .unwrap()
            .cors,
        None
    );
}

#[test]
fn cors_of_others_is_not_shown() {
    let read = read(r#"{"event":"http","functionId":"f","cors":{}}"#).unwrap();
    let mut cors = read.cors.unwrap();
    cors.metadata.insert(CORS_OWNER.to_owned(), "another".to_owned());
    let view = serde_json::to_string(&SubscriptionView::new(&read.subscription, Some(&cors))).unwrap();
    assert!(view.ends_with(r#""event":"http"}"#), "{view}");
    cors.metadata.clear();
    assert!(!is_owned_by(&cors, &read.subscription.subscription_id));
}

#[test]
fn updates_keep_the_id_of_the_url() {
    let id = SubscriptionId::from("stored-by-0.8");
    let body = br#"{"event":"http","functionId":"f","cors":{}}"#;
    let read = subscription(&"default".into(), Some(&id), body).unwrap().unwrap();
    assert_eq!(read.subscription.subscription_id, id);
    assert!(is_owned_by(&read.cors.unwrap(), &id));
}

#[test]
fn functions() {
    for (body, want) in [
        (
            r#"{"functionId":"f","provider":{"type":"http","url":"http://x"}}"#,
            Some(r#"{"space":"default","functionId":"f","type":"http","provider":{"url":"http://x"}}"#),
        ),
        (
            r#"{"functionId":"f","type":"","PROVIDER":{"Type":"awslambda","arn":"a","region":"r","awsAccessKeyID":"K"}} x"#,
            Some(
                r#"{"space":"default","functionId":"f","type":"awslambda","provider":{"arn":"a","region":"r","awsAccessKeyId":"K"}}"#,
            ),
        ),
        (
            r#"{"functionId":"w","provider":{"type":"weighted","weighted":[{"functionId":"a","weight":80}]}}"#,
            Some(
                r#"{"space":"default","functionId":"w","type":"weighted","provider":{"weighted":[{"functionId":"a","weight":80}]}}"#,
            ),
        ),
        (
            r#"{"functionId":"f","type":"http","provider":{"type":"awslambda","url":"http://x"}}"#,
            None,
        ),
        (r#"{"functionId":"f","provider":{"url":"http://x"}}"#, None),
        (r#"{"functionId":"f","provider":null}"#, None),
        (r#"{"functionId":"f","provider":[]}"#, None),
        ("", None),
        ("[", None),
    ] {
        let lifted = lift_provider_type(body.as_bytes());
        let decoded = lifted.map(|body| Function::decode(&"default".into(), None, &body).unwrap());
        assert_eq!(
            decoded
                .map(|function| serde_json::to_string(&function).unwrap())
                .as_deref(),
            want,
            "{body}"
        );
    }
}

#[test]
fn texts_of_refused_functions() {
    for (provider, want) in [
        (
            r#"{"type":"weighted","weighted":[]}"#,
            r#""Missing required fields for weighted function.""#,
        ),
        (
            r#"{"type":"weighted","weighted":[{"functionId":"a","weight":0}]}"#,
            r#""Function weights sum to zero.""#,
        ),
        (
            r#"{"type":"http"}"#,
            r#""Missing required fields for HTTP endpoint.""#,
        ),
        (
            r#"{"type":"awslambda","arn":"a"}"#,
            r#""Missing required fields for AWS Lambda function.""#,
        ),
        (
            r#"{"type":"emulator","emulatorUrl":"http://x","apiVersion":"v0"}"#,
            r#""provider emulator not supported""#,
        ),
    ] {
        let body =
            lift_provider_type(format!(r#"{{"functionId":"f","provider":{provider}}}"#).as_bytes()).unwrap();
        let error = Function::decode(&"default".into(), None, &body).unwrap_err();
        assert_eq!(
            function_error(&error),
            format!("Function doesn't validate. Validation error: {want}")
        );
    }
}

fn parts(method: &str, headers: &[(&str, &str)]) -> http::request::Parts {
    let mut request = Request::builder().method(method).uri("/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

#[test]
fn direct_calls() {
    let named = [("event", "invoke"), ("function-id", "f")];
    let call = |space: &str, function: &str| {
        Some(DirectCall {
            space: space.into(),
            function: function.into(),
        })
    };
    for (method, headers, want) in [
        ("POST", &named[..], call("default", "f")),
        ("POST", &[named[0], named[1], ("space", "s")], call("s", "f")),
        ("POST", &[named[0], named[1], ("space", "")], call("default", "f")),
        ("POST", &named[..1], call("default", "")),
        ("GET", &named, None),
        ("POST", &[("event", "Invoke"), named[1]], None),
        ("POST", &named[1..], None),
    ] {
        assert_eq!(direct_call(&parts(method, headers)), want, "{method} {headers:?}");
    }
}

#[test]
fn bodies_of_direct_calls_are_data() {
    let stamp = || EventStamp {
        id: "id".to_owned(),
        time: "2018-04-05T06:07:08Z".to_owned(),
    };
    let cloud_event = r#"{"eventType":"x","cloudEventsVersion":"0.1","source":"/s","eventID":"1"}"#;
    for (content_type, body, want) in [
        ("application/json", cloud_event, cloud_event),
        ("application/cloudevents+json", cloud_event, cloud_event),
        ("text/plain", "hey", r#""aGV5""#),
    ] {
        let parts = parts("POST", &[("event", "invoke"), ("content-type", content_type)]);
        let event = invoke_event(stamp(), &parts, body.as_bytes()).unwrap();
        let json = String::from_utf8(event.to_json()).unwrap();
        assert_eq!(event.event_type(), INVOKE);
        assert!(
            json.ends_with(&format!(r#""contentType":"{content_type}","data":{want}}}"#)),
            "{json}"
        );
    }
    assert!(invoke_event(stamp(), &parts("POST", &[("content-type", "a/")]), b"").is_err());
}

#[test]
fn cors_of_events() {
    let preflight = |asked: &'static str| {
        vec![
            ("origin", "http://a"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", asked),
        ]
    };
    for (method, headers, want) in [
        ("POST", vec![("event", "e"), ("origin", "http://a")], true),
        ("POST", vec![("event", "")], false),
        ("POST", vec![("origin", "http://a")], false),
        ("OPTIONS", preflight("event"), true),
        ("OPTIONS", preflight("content-type, Event"), true),
        ("OPTIONS", preflight("content-type,x-event"), false),
        (
            "OPTIONS",
            vec![("access-control-request-headers", "event")],
            false,
        ),
    ] {
        let headers: HeaderMap = headers
            .into_iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let method: Method = method.parse().unwrap();
        let cors = event_cors(&method, &headers);
        assert_eq!(cors.is_some(), want, "{method} {headers:?}");
        let Some(cors) = cors else { continue };
        let answer = if method == Method::OPTIONS {
            preflight_headers(&cors, &headers)
        } else {
            response_headers(&cors, &method, &headers)
        };
        assert_eq!(answer["access-control-allow-origin"], "*");
        assert!(!answer.contains_key("access-control-allow-credentials"));
    }
}
