//! Errors of JSONata in the gateway's terms: a place as the number of characters before it, and no value of an event.

use jlens_core::Error;
use jlens_core::error::catalog;

use crate::transform::error::TransformError;

/// Stands in messages for what comes out of events.
const LEFT_OUT: &str = "…";

/// Why an expression cannot be compiled: all that the message names comes out of the expression.
pub(super) fn of_compiling(source: &str, error: &Error) -> TransformError {
    placed(source, error, error.message())
}

/// Why an expression failed: names of functions and operators stay in the message, values do not.
pub(super) fn of_evaluating(source: &str, error: &Error) -> TransformError {
    // The gateway's own bounds, whose message is a constant.
    let message = if error.code() == "U1001" {
        error.message()
    } else {
        without_values(error)
    };
    placed(source, error, message)
}

fn placed(source: &str, error: &Error, message: String) -> TransformError {
    let position = error
        .span()
        .and_then(|span| source.get(..span.start))
        .map(|before| before.chars().count());
    TransformError {
        code: error.code().to_owned(),
        position,
        message,
    }
}

fn without_values(error: &Error) -> String {
    let entry = catalog().iter().find(|entry| entry.code == error.code());
    let Some(entry) = entry else {
        return "the expression failed".to_owned();
    };
    let mut message = String::new();
    let mut rest = entry.template;
    while let Some((before, after)) = rest.split_once("{{") {
        message.push_str(before);
        let after = after.strip_prefix('{').unwrap_or(after);
        let Some((name, after)) = after.split_once("}}") else {
            break;
        };
        match name {
            "token" => message.push_str(error.token().as_deref().unwrap_or(LEFT_OUT)),
            "index" => message.push_str(&number(error, name)),
            // The time that it had.
            "value" if error.code() == "D1012" => message.push_str(&number(error, name)),
            _ => message.push_str(LEFT_OUT),
        }
        rest = after.strip_prefix('}').unwrap_or(after);
    }
    message.push_str(rest);
    if message.trim() == LEFT_OUT {
        return "the expression raised an error".to_owned();
    }
    message
}

fn number(error: &Error, name: &str) -> String {
    let number = error.detail(name).and_then(serde_json::Value::as_u64);
    number.map_or_else(|| LEFT_OUT.to_owned(), |number| number.to_string())
}
