//! Documents of several owners.

use super::*;

fn of_set(set: Option<&str>, id: &str) -> Wanted<Function> {
    let mut function = function(id);
    if let Some(set) = set {
        let label = (SET_LABEL.to_owned(), set.to_owned());
        function.resource.metadata.extend([label]);
    }
    function
}

fn document(set: Option<&str>, ids: &[&str]) -> WantedSpace {
    WantedSpace {
        functions: ids.iter().map(|id| of_set(set, id)).collect(),
        ..WantedSpace::default()
    }
}

fn with_set(set: Option<&str>) -> PlanOptions {
    PlanOptions {
        set: set.map(str::to_owned),
        ..options()
    }
}

fn ids(space: &Snapshot) -> Vec<String> {
    space
        .iter::<Function>()
        .map(|stored| stored.resource.function_id.to_string())
        .collect()
}

#[test]
fn each_set_deletes_its_own() {
    let mut space = Snapshot::default();
    for (set, names) in [
        (Some("a"), &["a1", "a2"][..]),
        (Some("b"), &["b1"]),
        (None, &["free"]),
    ] {
        space = made(&space, document(set, names), &with_set(set));
    }
    assert_eq!(ids(&space), ["a1", "a2", "b1", "free"]);
    for (set, left) in [
        (Some("a"), &["a1", "b1", "free"][..]),
        (Some("b"), &["a1", "a2", "free"]),
        (Some("c"), &["a1", "a2", "b1", "free"]),
        (None, &["a1", "a2", "b1"]),
    ] {
        let kept: &[&str] = if set == Some("a") { &["a1"] } else { &[] };
        assert_eq!(
            ids(&made(&space, document(set, kept), &with_set(set))),
            left,
            "{set:?}"
        );
    }
}

#[test]
fn what_is_anothers_is_refused() {
    let space = made(
        &Snapshot::default(),
        document(Some("a"), &["f"]),
        &with_set(Some("a")),
    );
    for set in [Some("b"), None] {
        let errors = refusals(&space, document(set, &["f"]), &with_set(set));
        assert_eq!(
            errors[0].2,
            "Function \"f\" is part of the set \"a\", and is not touched."
        );
    }
    let mut renaming = document(Some("b"), &["g"]);
    renaming.functions[0].from = Some("f".into());
    let errors = refusals(&space, renaming, &with_set(Some("b")));
    assert!(errors[0].2.contains("set \"a\""), "{errors:?}");
    let free = made(&Snapshot::default(), document(None, &["f"]), &with_set(None));
    let errors = refusals(&free, document(Some("b"), &["f"]), &with_set(Some("b")));
    assert!(errors[0].2.contains("adopt=true"), "{errors:?}");
    let adopting = PlanOptions {
        adopt: true,
        ..with_set(Some("b"))
    };
    let adopted = made(&free, document(Some("b"), &["f"]), &adopting);
    assert_eq!(free.changes_to(&adopted).len(), 1);
}
