//! What the functions of CESQL do.

use std::borrow::Cow;
use std::ops::Range;

use super::error::EvaluationError;
use super::failure::Failure;
use super::function::Function;
use super::value::Value;
use crate::steps::Steps;

/// Gives the value of an argument.
pub(super) type Arguments<'f, 'a> = &'f dyn Fn(usize) -> Result<Value<'a>, Failure<'a>>;

/// Calls a function with `count` arguments.
pub(super) fn call<'a>(
    function: Function,
    count: usize,
    argument: Arguments<'_, 'a>,
    steps: &Steps,
) -> Result<Value<'a>, Failure<'a>> {
    let text = |at: usize| {
        let text = argument(at)?.into_text();
        read(&text, steps).map(|()| text)
    };
    let integer = |at: usize| Ok::<_, Failure<'a>>(argument(at)?.integer()?);
    Ok(match function {
        Function::Int => Value::Integer(integer(0)?),
        Function::Bool => Value::Boolean(argument(0)?.boolean()?),
        Function::String => Value::Text(argument(0)?.into_text()),
        Function::IsInt => Value::Boolean(argument(0)?.integer().is_ok()),
        Function::IsBool => Value::Boolean(argument(0)?.boolean().is_ok()),
        Function::Abs => absolute(integer(0)?)?,
        Function::Length => Value::Integer(i32::try_from(text(0)?.chars().count()).unwrap_or(i32::MAX)),
        Function::Lower => Value::Text(Cow::Owned(text(0)?.to_lowercase())),
        Function::Upper => Value::Text(Cow::Owned(text(0)?.to_uppercase())),
        Function::Trim => {
            let text = text(0)?;
            let start = text.len() - text.trim_start().len();
            let end = start + text.trim().len();
            Value::Text(part(text, start..end))
        }
        Function::Concat => {
            let mut whole = String::new();
            for at in 0..count {
                whole.push_str(&text(at)?);
            }
            Value::Text(Cow::Owned(whole))
        }
        Function::ConcatWs => {
            let (delimiter, mut whole) = (text(0)?, String::new());
            for at in 1..count {
                if at > 1 {
                    read(&delimiter, steps)?;
                    whole.push_str(&delimiter);
                }
                whole.push_str(&text(at)?);
            }
            Value::Text(Cow::Owned(whole))
        }
        Function::Left => {
            let (text, length) = (text(0)?, integer(1)?);
            let Ok(length) = usize::try_from(length) else {
                return Err(negative_length(text));
            };
            let end = byte_of(&text, length);
            Value::Text(part(text, 0..end))
        }
        Function::Right => {
            let (text, length) = (text(0)?, integer(1)?);
            let Ok(length) = usize::try_from(length) else {
                return Err(negative_length(text));
            };
            let start = text.chars().count().saturating_sub(length);
            let (start, end) = (byte_of(&text, start), text.len());
            Value::Text(part(text, start..end))
        }
        Function::Substring => {
            let (text, position) = (text(0)?, integer(1)?);
            let length = if count > 2 { Some(integer(2)?) } else { None };
            let range = substring(&text, position, length)?;
            Value::Text(part(text, range))
        }
    })
}

/// Counts a text that is read, or made.
fn read<'a>(text: &str, steps: &Steps) -> Result<(), Failure<'a>> {
    if steps.take(text.len()) {
        return Ok(());
    }
    Err(EvaluationError::TooMuchWork.into())
}

fn absolute<'a>(value: i32) -> Result<Value<'a>, Failure<'a>> {
    let error = EvaluationError::Math("ABS of -2147483648 is no integer of 32 bits");
    match value.checked_abs() {
        Some(value) => Ok(Value::Integer(value)),
        None => Err(Failure::with(error, Value::Integer(i32::MAX))),
    }
}

fn negative_length(text: Cow<'_, str>) -> Failure<'_> {
    let error = EvaluationError::Function("LEFT and RIGHT take a length that is not negative");
    Failure::with(error, Value::Text(text))
}

/// The bytes of a substring. Positions count from 1, or from the end if they are negative.
fn substring(
    text: &str,
    position: i32,
    length: Option<i32>,
) -> Result<Range<usize>, EvaluationError<'static>> {
    let Ok(length) = length.map(usize::try_from).transpose() else {
        return Err(EvaluationError::Function(
            "SUBSTRING takes a length that is not negative",
        ));
    };
    let distance = usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX);
    let characters = text.chars().count();
    if distance > characters {
        return Err(EvaluationError::Function(
            "the position of SUBSTRING is beyond the text",
        ));
    }
    let first = match position {
        0 => return Ok(0..0),
        1.. => distance - 1,
        _ => characters - distance,
    };
    let start = byte_of(text, first);
    let end = length.map_or(text.len(), |length| start + byte_of(&text[start..], length));
    Ok(start..end)
}

/// Where a character begins; the end of the text if it has no such character.
fn byte_of(text: &str, character: usize) -> usize {
    text.char_indices()
        .nth(character)
        .map_or(text.len(), |(at, _)| at)
}

fn part(text: Cow<'_, str>, range: Range<usize>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[range]),
        Cow::Owned(text) => Cow::Owned(text[range].to_owned()),
    }
}
