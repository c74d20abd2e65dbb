//! Renames of functions.

use super::*;

fn renamed(id: &str, from: &str) -> Wanted<Function> {
    Wanted {
        from: Some(from.into()),
        ..function(id)
    }
}

/// A document that has nothing but a rename.
fn only(rename: Wanted<Function>) -> WantedSpace {
    WantedSpace {
        functions: vec![rename],
        ..WantedSpace::default()
    }
}

fn keeping() -> PlanOptions {
    PlanOptions {
        prune: false,
        ..options()
    }
}

/// All ids of functions that anything in a space says.
fn mentioned(space: &Snapshot) -> String {
    format!("{:?}", space.changes_to(&Snapshot::default()))
}

#[test]
fn all_that_refers_to_a_function_follows_it() {
    for old in ["a", "hook", "auth", "w"] {
        let mut document = shop();
        let names = [
            ("a", "fn-a"),
            ("hook", "fn-hook"),
            ("auth", "fn-guard"),
            ("w", "fn-w"),
        ];
        // Names that nothing else has in it.
        let text = |id: &str| names.iter().find(|(short, _)| *short == id).unwrap().1;
        document.functions = vec![
            function("fn-a"),
            function("fn-hook"),
            function("fn-guard"),
            weighted("fn-w", "fn-a"),
        ];
        document.settings = Some(wanted(
            r#"{"hooks":[{"point":"receive","functionId":"fn-hook"}]}"#,
        ));
        document.event_types = vec![wanted(
            r#"{"name":"e","authorizerId":"fn-guard","hooks":[{"point":"receive","functionId":"fn-hook"}]}"#,
        )];
        document.subscriptions = vec![
            subscription("sync", "fn-w", "/s"),
            wanted(
                r#"{"type":"async","eventType":"e","functionId":"fn-a","path":"/a","authorizerId":"fn-guard",
                "hooks":[{"point":"deliver","functionId":"fn-hook"}]}"#,
            ),
        ];
        let space = made(&Snapshot::default(), document, &options());
        let old = text(old);
        assert!(mentioned(&space).contains(old));
        let mut rename = if old == "fn-w" {
            weighted("new", "fn-a")
        } else {
            function("new")
        };
        rename.from = Some(old.into());
        let plan = plan(&space, only(rename.clone()), &keeping(), &RULES()).unwrap();
        let after = plan.steps.last().unwrap();
        assert!(!mentioned(after).contains(old), "{old}: {}", mentioned(after));
        assert_eq!(after.count::<Function>(), 4);
        assert_eq!(after.count::<Subscription>(), 2);
        assert_eq!(
            plan.renamed_functions,
            HashMap::from([("new".into(), old.into())])
        );
        let rank = |space: &Snapshot, id: &str| space.get_stored::<Function>(&id.into()).unwrap().created;
        assert_eq!(rank(after, "new"), rank(&space, old));
        // Said once more, it is so already.
        let again = super::plan(after, only(rename), &keeping(), &RULES()).unwrap();
        assert!(again.steps.is_empty());
    }
}

#[test]
fn ids_of_async_subscriptions_follow_and_keep_their_place() {
    let space = made(&Snapshot::default(), shop(), &options());
    let old = subscription("async", "a", "/a").resource.subscription_id;
    let new = subscription("async", "b", "/a").resource.subscription_id;
    let plan = plan(&space, only(renamed("b", "a")), &keeping(), &RULES()).unwrap();
    let after = &plan.steps[0];
    assert_eq!(
        plan.moved_subscriptions,
        HashMap::from([(new.clone(), old.clone())])
    );
    assert_eq!(
        after.get_stored::<Subscription>(&new).unwrap().created,
        space.get_stored::<Subscription>(&old).unwrap().created
    );
}

#[test]
fn every_step_of_a_rename_can_be_served() {
    let mut document = shop();
    document.subscriptions = (0..20)
        .map(|at| subscription("async", "a", &format!("/{at}")))
        .collect();
    let space = made(&Snapshot::default(), document, &options());
    let stepwise = PlanOptions {
        step: Some(StepLimit {
            resources: 6,
            bytes: usize::MAX,
        }),
        ..keeping()
    };
    let plan = plan(&space, only(renamed("b", "a")), &stepwise, &RULES()).unwrap();
    assert!(plan.steps.len() > 5, "{}", plan.steps.len());
    for step in &plan.steps {
        assert_eq!(step.count::<Subscription>(), 20);
        for stored in step.iter::<Subscription>() {
            assert!(step.get::<Function>(&stored.resource.function_id).is_ok());
        }
    }
}

#[test]
fn what_cannot_be_renamed_is_told() {
    let space = made(&Snapshot::default(), shop(), &options());
    for (functions, why) in [
        (vec![renamed("hook", "a")], "there are functions of both ids"),
        (
            vec![renamed("b", "a"), function("a")],
            "the document has a function of the old id as well",
        ),
        (vec![renamed("b", "a"), renamed("c", "a")], "it is renamed twice"),
    ] {
        let document = WantedSpace {
            functions,
            ..WantedSpace::default()
        };
        let errors = refusals(&space, document, &keeping());
        assert!(errors[0].2.contains(why), "{errors:?}");
    }
    // Who was never there is made.
    let plan = plan(&space, only(renamed("b", "nobody")), &keeping(), &RULES()).unwrap();
    assert_eq!(plan.steps[0].count::<Function>(), 5);
}
