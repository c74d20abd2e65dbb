//! Calls a router as a function URL would have AWS Lambda call it: the request becomes an event, and what the
//! function makes of the event becomes an answer again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambda::http::HttpFunction;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::{Context, LambdaEvent};
use serde_json::{Map, Value, json};
use tower::ServiceExt as _;

use super::{Answer, ExchangeError, Request};

/// Host of the function; nothing listens there.
const DOMAIN: &str = "tests.lambda-url.eu-central-1.on.aws";

/// Types of bodies that are not put into base64 on their way to the function.
const TEXT_TYPES: [&str; 4] = [
    "text/",
    "application/json",
    "application/javascript",
    "application/xml",
];

/// Invokes the function once and reads its result.
///
/// The call runs in a task of its own: a panic ends the invocation, not the suite.
pub(super) async fn call(function: HttpFunction, request: &Request) -> Result<Answer, ExchangeError> {
    if request.chunked {
        return Err(ExchangeError::NeedsConnection);
    }
    let event: ApiGatewayV2httpRequest =
        serde_json::from_value(event(request)).map_err(ExchangeError::Event)?;
    let invoked = tokio::spawn(async move {
        let Ok(result) = function
            .oneshot(LambdaEvent::new(event, Context::default()))
            .await;
        result
    });
    let result = invoked.await.map_err(ExchangeError::Panicked)?;
    let result = serde_json::to_value(result).map_err(ExchangeError::Event)?;
    answer(&result)
}

/// The event of a request, in payload format 2.0.
fn event(request: &Request) -> Value {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let mut headers = Map::new();
    let mut cookies = Vec::new();
    for (name, value) in &request.headers {
        let name = name.to_ascii_lowercase();
        if name == "cookie" {
            cookies.extend(value.split("; ").map(Value::from));
        } else {
            match headers.get_mut(&name) {
                Some(Value::String(values)) => values.extend([",", value]),
                _ => drop(headers.insert(name, value.clone().into())),
            }
        }
    }
    headers.entry("host").or_insert(DOMAIN.into());
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "isBase64Encoded": false,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "tests",
            "domainName": DOMAIN,
            "domainPrefix": "tests",
            "http": { "method": request.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1" },
            "requestId": "request",
            "routeKey": "$default",
            "stage": "$default",
            "timeEpoch": 0,
        },
    });
    if let Some(body) = &request.body {
        headers
            .entry("content-length")
            .or_insert(body.len().to_string().into());
        let content_type = headers
            .get("content-type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let is_text = TEXT_TYPES.iter().any(|prefix| content_type.starts_with(prefix));
        event["body"] = match std::str::from_utf8(body) {
            Ok(text) if is_text => text.into(),
            _ => STANDARD.encode(body).into(),
        };
        event["isBase64Encoded"] = (!is_text || std::str::from_utf8(body).is_err()).into();
    }
    if !cookies.is_empty() {
        event["cookies"] = cookies.into();
    }
    event["headers"] = headers.into();
    event
}

/// The answer that a client gets for the result of the function.
fn answer(result: &Value) -> Result<Answer, ExchangeError> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let headers = result["headers"].as_object().into_iter().flatten();
    let cookies = result["cookies"].as_array().into_iter().flatten();
    let headers = headers
        .map(|(name, value)| (name.clone(), super::tcp::latin1(text(value).as_bytes())))
        .chain(cookies.map(|cookie| ("set-cookie".to_owned(), text(cookie))))
        .collect();
    let body = text(&result["body"]);
    let body = if result["isBase64Encoded"] == true {
        STANDARD.decode(body).map_err(ExchangeError::Base64)?
    } else {
        body.into_bytes()
    };
    let status = result["statusCode"]
        .as_u64()
        .and_then(|status| status.try_into().ok());
    Ok(Answer {
        status: status.unwrap_or_default(),
        headers,
        body,
    })
}
