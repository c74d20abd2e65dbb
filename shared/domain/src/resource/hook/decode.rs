//! Reading the member `hooks` of a resource, and the rules of each hook by itself.

use filters::{FilterLimits, Filters};
use serde_json::value::RawValue;

use super::{
    Hook, HookError, HookPoint, MAX_HOOK_CONFIG_BYTES, MAX_HOOK_TIMEOUT_MS, MAX_HOOKS, OnHookError, hooks_at,
};
use crate::ids::FunctionId;
use crate::json::{Json, JsonError, Object, elements_within, kind};
use crate::resource::STORED_FILTERS;

/// Whose hooks are read: not every point makes sense for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::resource) enum HookOwner {
    /// A space or an event type.
    SpaceOrType,
    /// A subscription whose function answers callers.
    Sync,
    /// A subscription that events are queued for.
    Async,
}

impl HookOwner {
    /// Why a point is none of its own, if it is not.
    fn refuses(self, point: HookPoint) -> Option<&'static str> {
        match (self, point) {
            (Self::Async, HookPoint::Answer) => Some(
                "must not be answer: nobody waits for what the function of an async subscription answers",
            ),
            (Self::Async, HookPoint::Receive) => Some(
                "must not be receive: an event may reach many async subscriptions, and is received once. Name it on the \
                 event type or the space, or make it deliver",
            ),
            (Self::SpaceOrType | Self::Sync | Self::Async, _) => None,
        }
    }
}

/// Reads the hooks of a resource; none where it has no such member.
pub(in crate::resource) fn decode(object: &Object<'_>, owner: HookOwner) -> Result<Vec<Hook>, HookError> {
    let Some(raw) = object.get("hooks") else {
        return Ok(Vec::new());
    };
    if kind(raw) != "array" {
        return Err(HookError::of_all("type", "must be an array"));
    }
    let too_many = || {
        HookError::of_all(
            "max",
            format!("must be {MAX_HOOKS} at most at each point: the most that one event may meet"),
        )
    };
    let elements = elements_within(raw.get().as_bytes(), MAX_HOOKS * HookPoint::ALL.len());
    let elements = elements.map_err(|_| too_many())?;
    let hooks = elements.into_iter().enumerate();
    let hooks: Vec<Hook> = hooks
        .map(|(index, raw)| one(raw, index, owner))
        .collect::<Result<_, _>>()?;
    if HookPoint::ALL
        .into_iter()
        .any(|point| hooks_at(&hooks, point) > MAX_HOOKS)
    {
        return Err(too_many());
    }
    Ok(hooks)
}

fn one(raw: &RawValue, index: usize, owner: HookOwner) -> Result<Hook, HookError> {
    if kind(raw) != "object" {
        return Err(HookError::at(index, "", "type", "must be an object"));
    }
    let of_type = |member: &'static str, wanted: &str| {
        let reason = format!("must be {wanted}");
        move |_: JsonError| HookError::at(index, member, "type", reason)
    };
    let object = Object::from_raw(raw, "").map_err(of_type("", "an object"))?;
    let text = |member: &'static str| object.string(member).map_err(of_type(member, "a text"));
    let point = text("point")?.and_then(|name| HookPoint::of_name(&name));
    let point =
        point.ok_or_else(|| HookError::at(index, "point", "oneof", "must be receive, deliver or answer"))?;
    if let Some(reason) = owner.refuses(point) {
        return Err(HookError::at(index, "point", "point", reason));
    }
    let function = text("functionId")?.filter(|id| !id.is_empty());
    let function = function.ok_or_else(|| HookError::at(index, "functionId", "required", "must be set"))?;
    let on_error = match text("onError")? {
        None => None,
        Some(name) => Some(
            OnHookError::of_name(&name)
                .ok_or_else(|| HookError::at(index, "onError", "oneof", "must be deny or skip"))?,
        ),
    };
    let timeout = object
        .integer("timeoutMs")
        .map_err(of_type("timeoutMs", "a whole number"))?;
    let timeout_ms = timeout.map(|millis| {
        let bounded = u32::try_from(millis).ok();
        bounded
            .filter(|millis| (1..=MAX_HOOK_TIMEOUT_MS).contains(millis))
            .ok_or_else(|| {
                let reason = format!("must be from 1 to {MAX_HOOK_TIMEOUT_MS}");
                HookError::at(index, "timeoutMs", "range", reason)
            })
    });
    let config = object.get("config");
    if let Some(config) = config {
        if kind(config) != "object" {
            return Err(HookError::at(index, "config", "type", "must be an object"));
        }
        if config.get().len() > MAX_HOOK_CONFIG_BYTES {
            let reason = format!("must have {MAX_HOOK_CONFIG_BYTES} bytes at most");
            return Err(HookError::at(index, "config", "max", reason));
        }
    }
    let when = object.get("when");
    if let Some(when) = when {
        compiled(when).map_err(|error| of_filter(index, &error))?;
    }
    Ok(Hook {
        point,
        function_id: FunctionId::from(function.as_ref()),
        on_error,
        timeout_ms: timeout_ms.transpose()?,
        when: when.map(Json::from_raw),
        config: config.map(Json::from_raw),
    })
}

fn compiled(when: &RawValue) -> Result<Filters, filters::FilterError> {
    compile_when(when.get())
}

/// Compiles what a hook is limited to: one filter, that was taken once.
pub(crate) fn compile_when(when: &str) -> Result<Filters, filters::FilterError> {
    Filters::compile(&format!("[{when}]"), &STORED_FILTERS)
}

/// Refuses hooks whose filters are larger than is taken now, but for those that are stored.
pub(crate) fn check_whens(hooks: &[Hook], stored: &[Hook], limits: &FilterLimits) -> Result<(), HookError> {
    for (index, hook) in hooks.iter().enumerate() {
        let Some(when) = &hook.when else { continue };
        if stored.iter().any(|known| known.when.as_ref() == Some(when)) {
            continue;
        }
        Filters::compile(&format!("[{}]", when.get()), limits).map_err(|error| of_filter(index, &error))?;
    }
    Ok(())
}

/// The fault of the only filter of a list, told as that of the member.
fn of_filter(index: usize, error: &filters::FilterError) -> HookError {
    let pointer = error.pointer.strip_prefix("/0").unwrap_or(&error.pointer);
    let member = format!("when{}", pointer.replace('/', "."));
    let reason = match error.offset {
        Some(offset) => format!("at character {offset}: {}", error.reason),
        None => format!("cannot be compiled: {}", error.reason),
    };
    HookError::at(index, member, "filter", reason)
}
