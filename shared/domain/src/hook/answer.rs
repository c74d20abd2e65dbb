//! What a hook answers.

use serde_json::value::RawValue;

use super::{HookAnswerError, HookRefusal, successor};
use crate::event::Event;
use crate::function_response::ResponseChange;
use crate::json::{Object, raw_value};
use crate::resource::HookPoint;

/// What a hook says.
#[derive(Debug)]
pub enum HookAnswer {
    /// Nothing: the event goes on as it is.
    Unchanged,
    /// This event goes on instead.
    Event(Box<Event>),
    /// Before a function is called: the answer in its place. Afterwards: what is changed of its answer.
    Response(ResponseChange),
    /// The event goes no further.
    Refused(HookRefusal),
}

impl HookAnswer {
    /// Reads what a hook answered that was asked about an event. An event in it has so many attributes at most.
    pub fn read(
        body: &[u8],
        point: HookPoint,
        asked: &Event,
        max_attributes: usize,
    ) -> Result<Self, HookAnswerError> {
        if body.trim_ascii().is_empty() {
            return Ok(Self::Unchanged);
        }
        let object = Object::from_slice(body)?;
        let known = ["event", "response", "error"].map(|name| object.get(name));
        match known {
            // A member that is `null` says as much.
            [None, None, None] if object.members().all(|(name, _)| is_known(name)) => Ok(Self::Unchanged),
            [None, None, None] => Err(HookAnswerError::Unknown),
            [Some(_), None, None] if point == HookPoint::Answer => Err(HookAnswerError::NoEvent),
            [Some(event), None, None] => {
                let event = successor::read(event, asked, max_attributes)?;
                Ok(Self::Event(Box::new(event)))
            }
            [None, Some(response), None] => Ok(Self::Response(ResponseChange::read(response)?)),
            [None, None, Some(error)] => Ok(Self::Refused(HookRefusal::of_error(error)?)),
            _ => Err(HookAnswerError::Several),
        }
    }

    /// The refusal in an answer with a status of failure, if that is what it says: then it has decided.
    pub fn refusal_in(body: &[u8]) -> Option<HookRefusal> {
        let raw: &RawValue = raw_value(body)?;
        let object = Object::from_raw(raw, "").ok()?;
        HookRefusal::of_error(object.get("error")?).ok()
    }
}

fn is_known(name: &str) -> bool {
    ["event", "response", "error"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}
