//! What hooks of resources may say.

use super::decode::{HookOwner, decode};
use super::{DEFAULT_HOOK_TIMEOUT, Hook, HookPoint, MAX_HOOKS, OnHookError};
use crate::json::Object;
use crate::resource::{EventType, Kind, Resource as _, SpaceSettings, Subscription};
use crate::unknown_members::UnknownMembers;

fn hooks(hooks: &str, owner: HookOwner) -> Result<Vec<Hook>, String> {
    let body = format!(r#"{{"hooks":{hooks}}}"#);
    let object = Object::from_slice(body.as_bytes()).unwrap();
    decode(&object, owner).map_err(|error| error.to_string())
}

#[test]
fn what_is_left_out_has_defaults() {
    let read = hooks(
        r#"[{"point":"receive","functionId":"f"}]"#,
        HookOwner::SpaceOrType,
    )
    .unwrap();
    let [hook] = &read[..] else { panic!("{read:?}") };
    assert_eq!(hook.point, HookPoint::Receive);
    assert_eq!(
        (hook.on_error(), hook.timeout()),
        (OnHookError::Deny, DEFAULT_HOOK_TIMEOUT)
    );
    assert_eq!(
        serde_json::to_string(hook).unwrap(),
        r#"{"point":"receive","functionId":"f"}"#
    );
    for none in ["null", "[]"] {
        assert_eq!(hooks(none, HookOwner::Async).unwrap(), []);
    }
}

#[test]
fn all_members_are_kept_as_they_are() {
    let json = r#"{"point":"deliver","functionId":"f","onError":"skip","timeoutMs":250,"when":{"exact":{"type":"a"}},"config":{"b":1.50,"a":[ 1 ]}}"#;
    let read = hooks(&format!("[{json}]"), HookOwner::Async).unwrap();
    assert_eq!(serde_json::to_string(&read[0]).unwrap(), json);
    assert_eq!(serde_json::from_str::<Hook>(json).unwrap(), read[0]);
    assert_eq!(read[0].timeout().as_millis(), 250);
}

#[test]
fn what_breaks_a_rule_is_told_by_its_place() {
    let hook = |members: &str| format!(r#"[{{"point":"deliver","functionId":"f"{members}}}]"#);
    let many = |point: &str, count: usize| {
        let one = format!(r#"{{"point":"{point}","functionId":"f"}}"#);
        format!("[{}]", vec![one; count].join(","))
    };
    let cases = [
        ("{}".to_owned(), "hooks must be an array"),
        (r#"["f"]"#.to_owned(), "hooks[0] must be an object"),
        (
            r#"[{"functionId":"f"}]"#.to_owned(),
            "hooks[0].point must be receive, deliver or answer",
        ),
        (
            r#"[{"point":"Deliver","functionId":"f"}]"#.to_owned(),
            "hooks[0].point must be receive, deliver or answer",
        ),
        (r#"[{"point":1}]"#.to_owned(), "hooks[0].point must be a text"),
        (
            r#"[{"point":"deliver"}]"#.to_owned(),
            "hooks[0].functionId must be set",
        ),
        (
            r#"[{"point":"deliver","functionId":"f"},{"point":"deliver","functionId":""}]"#.to_owned(),
            "hooks[1].functionId must be set",
        ),
        (
            hook(r#","onError":"retry""#),
            "hooks[0].onError must be deny or skip",
        ),
        (
            hook(r#","timeoutMs":0"#),
            "hooks[0].timeoutMs must be from 1 to 60000",
        ),
        (
            hook(r#","timeoutMs":60001"#),
            "hooks[0].timeoutMs must be from 1 to 60000",
        ),
        (
            hook(r#","timeoutMs":"5""#),
            "hooks[0].timeoutMs must be a whole number",
        ),
        (hook(r#","config":[]"#), "hooks[0].config must be an object"),
        (
            hook(&format!(r#","config":{{"a":"{}"}}"#, "x".repeat(8192))),
            "hooks[0].config must have 8192 bytes at most",
        ),
        (
            many("deliver", MAX_HOOKS + 1),
            "hooks must be 8 at most at each point: the most that one event may meet",
        ),
        (
            many("deliver", 1000),
            "hooks must be 8 at most at each point: the most that one event may meet",
        ),
    ];
    for (given, want) in cases {
        assert_eq!(hooks(&given, HookOwner::Sync).unwrap_err(), want, "{given}");
    }
    assert_eq!(
        hooks(&many("deliver", MAX_HOOKS), HookOwner::Sync).unwrap().len(),
        MAX_HOOKS
    );
}

#[test]
fn points_are_for_those_who_pass_them() {
    for (owner, point, taken) in [
        (HookOwner::SpaceOrType, "receive", true),
        (HookOwner::SpaceOrType, "answer", true),
        (HookOwner::Sync, "receive", true),
        (HookOwner::Sync, "answer", true),
        (HookOwner::Async, "deliver", true),
        (HookOwner::Async, "receive", false),
        (HookOwner::Async, "answer", false),
    ] {
        let read = hooks(&format!(r#"[{{"point":"{point}","functionId":"f"}}]"#), owner);
        assert_eq!(read.is_ok(), taken, "{owner:?} {point} {read:?}");
    }
}

#[test]
fn resources_have_them_as_their_last_member() {
    let hooks = r#""hooks":[{"point":"deliver","functionId":"g"}]"#;
    let space = "default".into();
    let body = format!(r#"{{{hooks},"name":"t"}}"#);
    let event_type = EventType::decode(&space, None, body.as_bytes()).unwrap();
    assert_eq!(
        serde_json::to_string(&event_type).unwrap(),
        format!(r#"{{"space":"default","name":"t",{hooks}}}"#)
    );
    let settings = SpaceSettings::decode(&space, None, format!("{{{hooks}}}").as_bytes()).unwrap();
    let json = serde_json::to_string(&settings).unwrap();
    assert_eq!(json, format!(r#"{{"space":"default",{hooks}}}"#));
    assert_eq!(serde_json::from_str::<SpaceSettings>(&json).unwrap(), settings);
    let body = format!(r#"{{"type":"async","eventType":"t","functionId":"f",{hooks}}}"#);
    let subscription = Subscription::decode(&space, None, body.as_bytes()).unwrap();
    let json = serde_json::to_string(&subscription).unwrap();
    assert!(json.ends_with(&format!(",{hooks}}}")), "{json}");
    let refused = body.replace("deliver", "answer");
    let error = Subscription::decode(&space, None, refused.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(
            "Subscription doesn't validate. Validation error: hooks[0].point must not be answer"
        ),
        "{error}"
    );
}

#[test]
fn what_a_hook_is_told_is_free_and_its_members_are_not() {
    let unknown = |hook: &str| {
        let body = format!(r#"{{"name":"t","hooks":[{hook}]}}"#);
        UnknownMembers::of(Kind::EventType, body.as_bytes(), false).to_string()
    };
    let free = r#"{"point":"receive","functionId":"f","when":{"all":[{"exact":{"typo":"a"}}]},"config":{"functionid":{"a":1}}}"#;
    assert_eq!(unknown(free), "");
    for (hook, want) in [
        (
            r#"{"point":"receive","function":"f"}"#,
            "member \"hooks[0].function\" is not known: did you mean \"functionId\"?",
        ),
        (
            r#"{"point":"receive","functionId":"f","timeoutSeconds":1}"#,
            "member \"hooks[0].timeoutSeconds\" is not known",
        ),
    ] {
        let found = unknown(hook);
        assert!(
            found.starts_with(want.split(" did you").next().unwrap()),
            "{found}"
        );
    }
}
