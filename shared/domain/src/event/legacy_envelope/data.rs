//! Data of old events: which bodies were JSON, and how a request was described.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::RawValue;

use super::LegacyVersion;
use crate::event::content_type::{is_form, is_json, media_type};
use crate::json::{Json, JsonError, Object, kind};

/// Media type of a body without any.
pub(super) const NO_MEDIA_TYPE: &str = "application/octet-stream";

/// The only content type whose bodies were JSON.
const PLAIN_JSON: &str = "application/json";

/// A request as it was described.
#[derive(Serialize)]
struct OldRequest<'a> {
    headers: Headers<'a>,
    query: Option<&'a RawValue>,
    body: Json,
    #[serde(rename = "isBase64Encoded", skip_serializing_if = "std::ops::Not::not")]
    is_base64: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a RawValue>,
    path: Option<&'a RawValue>,
    method: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<&'a RawValue>,
}

/// Request headers by name.
#[derive(Serialize)]
#[serde(untagged)]
enum Headers<'a> {
    /// 0.5.
    Lists(BTreeMap<&'a str, [&'a str; 1]>),
    /// From 0.6 on.
    Texts(&'a BTreeMap<String, String>),
}

/// The description of a request in the form of a version, and the content type of the request; `None` if the data is
/// no such description.
pub(super) fn of_request(data: &Json, version: LegacyVersion) -> Option<(Json, String)> {
    describe(data, version).ok()
}

fn describe(data: &Json, version: LegacyVersion) -> Result<(Json, String), JsonError> {
    let request = Object::from_raw(data.as_raw(), "data")?;
    let headers = request.strings("headers")?.unwrap_or_default();
    let given = headers
        .get("Content-Type")
        .map(String::as_str)
        .filter(|text| !text.is_empty());
    let content_type = match version {
        LegacyVersion::V0_5 | LegacyVersion::V0_6 => given.map(Cow::Borrowed),
        LegacyVersion::V0_7 => media_type(given).ok().map(Cow::Owned),
    };
    let content_type = content_type.unwrap_or(Cow::Borrowed(NO_MEDIA_TYPE));
    let body = request.get("body").map_or_else(Json::null, Json::from_raw);
    let is_base64 = request.boolean("isBase64Encoded")?.unwrap_or_default();
    let is_newer = version != LegacyVersion::V0_5;
    let old = OldRequest {
        headers: if is_newer {
            Headers::Texts(&headers)
        } else {
            Headers::Lists(
                headers
                    .iter()
                    .map(|(name, text)| (name.as_str(), [text.as_str()]))
                    .collect(),
            )
        },
        query: request.get("query"),
        // Whoever knew forms as texts has to be told of one that is none.
        is_base64: is_base64 && version == LegacyVersion::V0_7 && is_form(&content_type),
        body: if is_base64 {
            body
        } else {
            of_body(&body, &content_type, version)
        },
        host: request.get("host").filter(|_| is_newer),
        path: request.get("path"),
        method: request.get("method"),
        params: request.get("params").filter(|_| is_newer),
    };
    Ok((Json::from_value(&old), content_type.into_owned()))
}

/// A body that [`crate::event::coercion`] has made JSON, as a version had it: JSON of the one content type as it is,
/// forms as text from 0.7 on, everything else in base64.
///
/// A JSON text of another JSON type is left alone: it cannot be told from one that is the base64 of something that is
/// no JSON.
pub(super) fn of_body(body: &Json, content_type: &str, version: LegacyVersion) -> Json {
    let media_type = media_type(Some(content_type)).unwrap_or_default();
    let is_text = kind(body.as_raw()) == "string";
    let bytes = if content_type == PLAIN_JSON {
        None
    } else if is_json(&media_type) {
        (!is_text).then(|| Cow::Borrowed(body.get()))
    } else if is_form(&media_type) && version != LegacyVersion::V0_7 {
        body.scalar_text()
    } else {
        None
    };
    bytes.map_or_else(
        || body.clone(),
        |bytes| Json::from_value(&STANDARD.encode(bytes.as_bytes())),
    )
}
