//! What plans make of spaces, and what stands in their way.

use std::collections::HashMap;

use super::super::Configured;
use super::outcome::MOST_ERRORS;
use super::*;
use crate::resource::{EventType, Function, Kind, SpaceSettings, Subscription};

mod order;
mod renames;
mod sets;

const RULES: fn() -> SpaceRules = SpaceRules::default;

fn decode<R: Configured>(body: &str) -> R {
    R::decode(&"one".into(), None, body.as_bytes()).unwrap()
}

fn wanted<R: Configured>(body: &str) -> Wanted<R> {
    Wanted {
        resource: decode(body),
        created: None,
        from: None,
    }
}

fn function(id: &str) -> Wanted<Function> {
    wanted(&format!(
        r#"{{"functionId":"{id}","type":"http","provider":{{"url":"http://h/x"}}}}"#
    ))
}

fn weighted(id: &str, named: &str) -> Wanted<Function> {
    wanted(&format!(
        r#"{{"functionId":"{id}","type":"weighted","provider":{{"weighted":[{{"functionId":"{named}","weight":1}}]}}}}"#
    ))
}

fn subscription(kind: &str, function: &str, path: &str) -> Wanted<Subscription> {
    wanted(&format!(
        r#"{{"type":"{kind}","eventType":"e","functionId":"{function}","path":"{path}"}}"#
    ))
}

fn options() -> PlanOptions {
    PlanOptions {
        prune: true,
        set: None,
        adopt: false,
        keeps_plan: false,
        next_created: 100,
        step: None,
    }
}

/// Some of each kind, in an order in which single writes could not make them.
fn shop() -> WantedSpace {
    WantedSpace {
        settings: Some(wanted(
            r#"{"description":"d","hooks":[{"point":"receive","functionId":"hook"}]}"#,
        )),
        functions: vec![
            weighted("w", "a"),
            function("a"),
            function("hook"),
            function("auth"),
        ],
        event_types: vec![wanted(r#"{"name":"e","authorizerId":"auth"}"#)],
        subscriptions: vec![subscription("sync", "w", "/s"), subscription("async", "a", "/a")],
        cors: vec![wanted(r#"{"method":"GET","path":"/s"}"#)],
    }
}

fn made(before: &Snapshot, wanted: WantedSpace, options: &PlanOptions) -> Snapshot {
    let plan = plan(before, wanted, options, &RULES()).unwrap();
    plan.steps.last().unwrap_or(before).clone()
}

fn refusals(
    before: &Snapshot,
    wanted: WantedSpace,
    options: &PlanOptions,
) -> Vec<(Kind, Option<usize>, String)> {
    let errors = plan(before, wanted, options, &RULES()).unwrap_err();
    errors
        .into_iter()
        .map(|error| (error.kind, error.at, error.error.to_string()))
        .collect()
}

#[test]
fn a_space_becomes_what_a_document_says_and_stays_so() {
    let space = made(&Snapshot::default(), shop(), &options());
    assert_eq!(
        (
            space.count::<Function>(),
            space.count::<EventType>(),
            space.count::<Subscription>(),
            space.count::<Cors>(),
            space.count::<SpaceSettings>()
        ),
        (4, 1, 2, 1, 1)
    );
    let again = plan(&space, shop(), &options(), &RULES()).unwrap();
    assert!(again.steps.is_empty());
    let nothing = made(&space, WantedSpace::default(), &options());
    assert!(nothing.is_empty());
}

#[test]
fn nothing_goes_without_prune() {
    let space = made(&Snapshot::default(), shop(), &options());
    let keeping = PlanOptions {
        prune: false,
        ..options()
    };
    let plan = plan(&space, WantedSpace::default(), &keeping, &RULES()).unwrap();
    assert!(plan.steps.is_empty());
}

#[test]
fn what_is_missing_is_told_with_its_place() {
    let mut document = shop();
    document
        .functions
        .retain(|wanted| wanted.resource.function_id.as_str() != "a");
    let errors = refusals(&Snapshot::default(), document, &options());
    assert_eq!(
        errors,
        [
            (Kind::Function, Some(0), "Function \"a\" not found.".to_owned()),
            (
                Kind::Subscription,
                Some(1),
                "Function \"a\" not found.".to_owned()
            ),
        ]
    );
    let mut document = shop();
    document.functions.push(function("a"));
    document.cors.push(wanted(r#"{"method":"GET","path":"/s"}"#));
    let errors = refusals(&Snapshot::default(), document, &options());
    assert_eq!(errors[0].2, "Function \"a\" is in the document twice.");
    assert_eq!((errors[1].0, errors[1].1), (Kind::Cors, Some(1)));
}

#[test]
fn errors_are_as_many_as_anybody_reads() {
    let space = WantedSpace {
        subscriptions: (0..1000)
            .map(|at| subscription("sync", "f", &format!("/{at}")))
            .collect(),
        ..WantedSpace::default()
    };
    assert_eq!(
        refusals(&Snapshot::default(), space, &options()).len(),
        MOST_ERRORS
    );
}

#[test]
fn steps_are_in_order_and_no_larger_than_the_limit() {
    let limit = StepLimit {
        resources: 3,
        bytes: 10_000,
    };
    let stepwise = PlanOptions {
        step: Some(limit),
        ..options()
    };
    let whole = made(&Snapshot::default(), shop(), &options());
    let up = plan(&Snapshot::default(), shop(), &stepwise, &RULES()).unwrap();
    assert!(up.steps.len() > 2, "{}", up.steps.len());
    let mut before = Snapshot::default();
    for step in &up.steps {
        assert!(before.changes_to(step).len() <= limit.resources);
        before = step.clone();
    }
    assert!(before.changes_to(&whole).is_empty());
    let few_bytes = PlanOptions {
        step: Some(StepLimit {
            resources: 100,
            bytes: 1,
        }),
        ..options()
    };
    let one_by_one = plan(&Snapshot::default(), shop(), &few_bytes, &RULES()).unwrap();
    assert_eq!(one_by_one.steps.len(), 9);
}

#[test]
fn planning_is_linear() {
    let shop = |n: usize, path: &str| WantedSpace {
        functions: (0..n).map(|at| function(&format!("f{at}"))).collect(),
        event_types: vec![wanted(r#"{"name":"e"}"#)],
        subscriptions: (0..n)
            .map(|at| subscription("sync", &format!("f{at}"), &format!("/{path}{at}")))
            .collect(),
        ..WantedSpace::default()
    };
    let on_nothing = |n| shop(n, "a");
    scaling::assert_linear("created", 40, on_nothing, |document| {
        made(&Snapshot::default(), document.clone(), &options())
    });
    let on_others = |n| (made(&Snapshot::default(), shop(n, "a"), &options()), shop(n, "b"));
    scaling::assert_linear("replaced", 40, on_others, |(space, document)| {
        made(space, document.clone(), &options())
    });
    scaling::assert_linear("removed", 40, on_others, |(space, _)| {
        made(space, WantedSpace::default(), &options())
    });
    let renamed = |n| {
        let mut document = shop(n, "a");
        for at in 0..n {
            let (id, old) = (format!("g{at}"), format!("f{at}"));
            document.functions[at] = function(&id);
            document.functions[at].from = Some(old.as_str().into());
            document.subscriptions[at] = subscription("sync", &id, &format!("/a{at}"));
        }
        (made(&Snapshot::default(), shop(n, "a"), &options()), document)
    };
    scaling::assert_linear("renamed", 40, renamed, |(space, document)| {
        made(space, document.clone(), &options())
    });
}
