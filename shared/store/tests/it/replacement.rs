//! Spaces that are replaced as a whole: of every kind of store, as one function, and what only one in a table does.

use domain::configuration::{Configured, PlanOptions, Snapshot, Stored, Wanted, WantedSpace, plan};
use domain::ids::Space;
use domain::resource::{Cors, EventType, Function, Kind, MetadataFilter, Resource as _, Subscription};
use store::{SpaceState, Store};

use crate::resources::{asynchronous, cors, event_type, function, sync};

/// Runs what all stores do.
pub(crate) async fn contract(store: &Store) {
    is_made_at_once(store).await;
    holds_for_one_state_only(store).await;
    goes_as_far_as_a_plan(store).await;
}

pub(crate) fn put<R: Configured>(snapshot: &mut Snapshot, resource: R, created: u64) {
    let resource = resource.into();
    snapshot.insert(Stored { resource, created });
}

/// A state with a function, an event type, and subscriptions.
pub(crate) fn filled(state: &SpaceState, subscriptions: u64) -> Snapshot {
    let (space, first) = (&state.space, state.next_created);
    let mut snapshot = state.snapshot.clone();
    put(&mut snapshot, function(space, "f"), first);
    put(&mut snapshot, event_type(space, "e"), first + 1);
    for number in 0..subscriptions {
        let path = format!("/{space}/{number}");
        put(&mut snapshot, sync(space, "e", "f", &path), first + 2 + number);
    }
    snapshot
}

async fn count<R: Configured>(store: &Store, space: &Space) -> usize {
    let listed = store.list::<R>(space, &MetadataFilter::default()).await;
    listed.unwrap().len()
}

async fn is_made_at_once(store: &Store) {
    let space = Space::from("contract-replace");
    let state = store.space_state(&space).await.unwrap();
    assert!(state.snapshot.is_empty());
    let written = store.replace(state.clone(), filled(&state, 60)).await.unwrap();
    let written = written.unwrap();
    let routes = store.routing_table(written.version.as_slice()).await.unwrap();
    for number in [0, 59] {
        let path = format!("/{space}/{number}");
        assert!(routes.routes("e", "GET", &path).sync.is_some(), "{path}");
    }
    assert_eq!(count::<Subscription>(store, &space).await, 60);
    let counted = store.counts().await.unwrap();
    assert!(
        counted.contains(&(space.clone(), Kind::Subscription, 60)),
        "{counted:?}"
    );

    // What is changed, what is new and what is gone.
    let state = store.space_state(&space).await.unwrap();
    assert!(state.snapshot.changes_to(&written.value.snapshot).is_empty());
    let mut after = state.snapshot.clone();
    let mut changed = function(&space, "f");
    changed.metadata.extend([("a".to_owned(), "b".to_owned())]);
    let rank = state
        .snapshot
        .get_stored::<Function>(&"f".into())
        .unwrap()
        .created;
    put(&mut after, changed.clone(), rank);
    put(&mut after, cors(&space, &format!("/{space}")), state.next_created);
    put(
        &mut after,
        asynchronous(&space, "e", "f", &format!("/{space}")),
        state.next_created + 1,
    );
    for number in 1..60 {
        let path = format!("/{space}/{number}");
        after.remove::<Subscription>(sync(&space, "e", "f", &path).id());
    }
    let written = store.replace(state, after).await.unwrap().unwrap();
    assert_eq!(
        *store.get::<Function>(&space, &"f".into()).await.unwrap(),
        changed
    );
    assert_eq!(count::<Subscription>(store, &space).await, 2);
    assert_eq!(count::<Cors>(store, &space).await, 1);
    let routes = store.routing_table(written.version.as_slice()).await.unwrap();
    assert!(routes.routes("e", "GET", &format!("/{space}/1")).sync.is_none());

    // Single writes go on from there.
    store.create(event_type(&space, "later")).await.unwrap();
    let state = store.space_state(&space).await.unwrap();
    let later = state.snapshot.get_stored::<EventType>(&"later".into()).unwrap();
    assert!(
        state
            .snapshot
            .iter::<Cors>()
            .all(|stored| stored.created < later.created)
    );
    let gone = store.replace(state, Snapshot::default()).await.unwrap();
    let counted = store.counts().await.unwrap();
    assert!(
        gone.is_some() && !counted.iter().any(|(of, _, _)| *of == space),
        "{counted:?}"
    );
}

async fn holds_for_one_state_only(store: &Store) {
    let space = Space::from("contract-outdated");
    let state = store.space_state(&space).await.unwrap();
    store.create(event_type(&space, "other")).await.unwrap();
    let refused = store.replace(state.clone(), filled(&state, 3)).await.unwrap();
    assert!(refused.is_none());
    assert_eq!(count::<Function>(store, &space).await, 0);
    assert_eq!(count::<EventType>(store, &space).await, 1);
    // Of those that race one is made.
    let state = store.space_state(&space).await.unwrap();
    let racing = (1..=8).map(|count| store.replace(state.clone(), filled(&state, count)));
    let made = futures::future::join_all(racing).await;
    let made: Vec<_> = made.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(made.len(), 1);
    let subscriptions = made[0].value.snapshot.count::<Subscription>();
    assert_eq!(count::<Subscription>(store, &space).await, subscriptions);
    // The state that was made is one to go on from.
    let next = made.into_iter().next().unwrap().value;
    let removed = store.replace(next, Snapshot::default()).await.unwrap();
    assert!(removed.is_some());
}

/// A plan that is larger than a store takes at once goes in steps, each from the state that the last one made.
async fn goes_as_far_as_a_plan(store: &Store) {
    const FUNCTIONS: usize = 250;
    let space = Space::from("contract-plan");
    let wanted = |id: String, from: Option<String>| Wanted {
        resource: function(&space, &id),
        created: None,
        from: from.map(|from| from.as_str().into()),
    };
    let made = (0..FUNCTIONS).map(|number| wanted(format!("f{number}"), None));
    let renamed = (0..FUNCTIONS).map(|number| wanted(format!("g{number}"), Some(format!("f{number}"))));
    for functions in [made.collect(), renamed.collect(), Vec::new()] {
        let mut state = store.space_state(&space).await.unwrap();
        let options = PlanOptions {
            prune: true,
            set: None,
            adopt: false,
            keeps_plan: false,
            next_created: state.next_created,
            step: store.step_limit(),
        };
        let document = WantedSpace {
            functions,
            ..WantedSpace::default()
        };
        let count = document.functions.len();
        let planned = plan(&state.snapshot, document, &options, store.rules()).unwrap();
        assert_eq!(planned.steps.len() > 1, store.step_limit().is_some());
        let last = planned.steps.last().unwrap().clone();
        for step in planned.steps {
            state = store.replace(state, step).await.unwrap().unwrap().value;
        }
        let read = store.space_state(&space).await.unwrap();
        assert!(read.snapshot.changes_to(&last).is_empty());
        assert_eq!(read.snapshot.count::<Function>(), count);
    }
}
