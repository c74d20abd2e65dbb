//! Reading a document: its resources as they would be read of requests of their own, with the places that they have in it.

use std::borrow::Cow;

use domain::configuration::{ConfigurationError, Configured, SET_LABEL, Wanted, WantedSpace};
use domain::ids::Space;
use domain::json::{Object, elements};
use domain::resource::{Cors, EventType, Function, InvalidResource, Kind, SpaceSettings, Subscription};
use domain::unknown_members::UnknownMembers;
use serde_json::value::RawValue;

use super::places::place;
use super::problems::{MOST_PROBLEMS, Problems};
use crate::config::InvalidRequest;
use crate::config::creation;
use crate::config::unknown_members::check_members;

/// Most members of a document that are told of because they are ignored.
const MOST_WARNINGS: usize = 100;

/// The member of a function that says what it is renamed from.
const MOVED: &str = "moved";

/// How a document is to be read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) space: Space,
    /// Whether no member is to be ignored.
    pub(super) is_strict: bool,
    /// The set that all of it becomes part of.
    pub(super) set: Option<String>,
}

/// What a document says.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) wanted: WantedSpace,
    /// Members that are ignored, with their places.
    pub(super) warnings: Vec<String>,
    pub(super) problems: Problems,
}

impl Document {
    /// Reads a document. What is wrong with its resources is among its problems.
    pub(super) fn read(body: &[u8], reading: &Reading) -> Result<Self, InvalidRequest> {
        let object = Object::from_slice(body)?;
        let mut document = Self::default();
        let mut seen = Vec::new();
        for (name, value) in object.members() {
            const MEMBERS: [&str; 5] = ["settings", "eventTypes", "functions", "subscriptions", "cors"];
            let Some(known) = MEMBERS.into_iter().find(|known| *known == name) else {
                let name = name.to_owned();
                return Err(InvalidRequest::UnknownMember { name });
            };
            if seen.contains(&known) {
                return Err(InvalidRequest::Repeated { name: known });
            }
            seen.push(known);
            if value.get() == "null" {
                continue;
            }
            match known {
                "settings" => {
                    document.wanted.settings = document.resource::<SpaceSettings>(0, value, reading);
                }
                "eventTypes" => document.wanted.event_types = document.all::<EventType>(value, reading)?,
                "functions" => document.wanted.functions = document.all::<Function>(value, reading)?,
                "cors" => document.wanted.cors = document.all::<Cors>(value, reading)?,
                _ => document.wanted.subscriptions = document.all::<Subscription>(value, reading)?,
            }
        }
        Ok(document)
    }

    fn all<R: Readable>(
        &mut self,
        value: &RawValue,
        reading: &Reading,
    ) -> Result<Vec<Wanted<R>>, InvalidRequest> {
        let mut all = Vec::new();
        for (at, value) in elements(value.get().as_bytes())?.into_iter().enumerate() {
            if self.problems.len() >= MOST_PROBLEMS {
                break;
            }
            all.extend(self.resource::<R>(at, value, reading));
        }
        Ok(all)
    }

    fn resource<R: Readable>(&mut self, at: usize, value: &RawValue, reading: &Reading) -> Option<Wanted<R>> {
        let place = place(R::KIND, at);
        let read = self.read_resource::<R>(&place, value, reading);
        read.map_err(|error| self.problems.add(Some(&place), error)).ok()
    }

    fn read_resource<R: Readable>(
        &mut self,
        place: &str,
        value: &RawValue,
        reading: &Reading,
    ) -> Result<Wanted<R>, crate::error::ApiError> {
        let object = Object::from_raw(value, "").map_err(InvalidRequest::from)?;
        let from = R::id_before(&object)?;
        // No resource has the member, and none is to be told that it does not.
        let (text, is_moved) = without_moved(&object, value);
        if is_moved && R::KIND != Kind::Function {
            let name = MOVED.to_owned();
            return Err(InvalidRequest::UnknownMember { name }.into());
        }
        let resource = R::decode(&reading.space, None, text.as_bytes());
        let resource = resource.and_then(|resource| resource.with_history(text.as_bytes()));
        let mut resource = resource.map_err(ConfigurationError::from)?;
        let unknown = UnknownMembers::of(R::KIND, text.as_bytes(), false);
        check_members(R::KIND, &unknown, reading.is_strict)?;
        if !unknown.is_empty() && self.warnings.len() < MOST_WARNINGS {
            self.warnings.push(format!("{place}: ignored: {unknown}"));
        }
        let created = creation::of_object(R::KIND, &object)?;
        if let Some(set) = &reading.set {
            let before = resource.metadata_mut().insert(SET_LABEL.to_owned(), set.clone());
            if before.is_some_and(|before| before != *set) {
                return Err(crate::error::ApiError::invalid(format!(
                    "its label {SET_LABEL} names another set"
                )));
            }
        }
        Ok(Wanted {
            resource,
            created,
            from,
        })
    }
}

/// The text of a resource without what it is renamed from, and whether it says that.
fn without_moved<'t>(object: &Object<'t>, value: &'t RawValue) -> (Cow<'t, str>, bool) {
    if object.members().all(|(name, _)| name != MOVED) {
        return (value.get().into(), false);
    }
    let mut text = String::with_capacity(value.get().len());
    for (name, value) in object.members().filter(|(name, _)| *name != MOVED) {
        text.push(if text.is_empty() { '{' } else { ',' });
        text.push_str(&serde_json::Value::from(name).to_string());
        text.push(':');
        text.push_str(value.get());
    }
    text.push_str(if text.is_empty() { "{}" } else { "}" });
    (text.into(), true)
}

/// Resources that a document may have.
trait Readable: Configured {
    /// The id that it may have until now, as the document says.
    fn id_before(object: &Object<'_>) -> Result<Option<Self::Id>, InvalidRequest> {
        let _ = object;
        Ok(None)
    }

    /// It with what was before it, as its JSON says.
    fn with_history(self, body: &[u8]) -> Result<Self, InvalidResource> {
        let _ = body;
        Ok(self)
    }
}

impl Readable for SpaceSettings {}
impl Readable for Cors {}

impl Readable for EventType {
    fn with_history(self, body: &[u8]) -> Result<Self, InvalidResource> {
        Self::with_history(self, body)
    }
}

impl Readable for Subscription {
    fn id_before(object: &Object<'_>) -> Result<Option<Self::Id>, InvalidRequest> {
        let given = object.string("subscriptionId")?;
        Ok(given.map(|id| (&*id).into()))
    }
}

impl Readable for Function {
    fn id_before(object: &Object<'_>) -> Result<Option<Self::Id>, InvalidRequest> {
        let Some(moved) = object.object(MOVED)? else {
            return Ok(None);
        };
        if let Some((name, _)) = moved.members().find(|(name, _)| *name != "from") {
            let name = format!("{MOVED}.{name}");
            return Err(InvalidRequest::UnknownMember { name });
        }
        match moved.string("from")? {
            Some(from) if !from.is_empty() => Ok(Some((&*from).into())),
            _ => Err(InvalidRequest::Empty { name: "moved.from" }),
        }
    }
}
