//! Writers that know nothing of each other but what is in the table.

use std::sync::Arc;

use domain::configuration::{Configured, Snapshot, SpaceRules};
use domain::ids::Space;
use domain::resource::{EventType, Function, MetadataFilter, Resource as _, Subscription};
use futures::FutureExt as _;
use futures::future::join_all;
use store::{DynamoDb, Store, StoreError, Written};

use super::TestTable;
use super::shift::Shift;
use crate::resources::{asynchronous, event_type, function, sync};

const HANDLES: usize = 4;
const WRITERS: usize = 16;
const WRITES: usize = 60;
const PATHS: usize = 4;

#[derive(Debug, Clone, Copy)]
enum Operation {
    CreateFunction,
    DeleteFunction,
    Subscribe(usize),
    Unsubscribe(usize),
}

impl Operation {
    fn any(random: &mut fastrand::Rng) -> Self {
        let path = random.usize(..PATHS);
        match random.u8(..4) {
            0 => Self::CreateFunction,
            1 => Self::DeleteFunction,
            2 => Self::Subscribe(path),
            _ => Self::Unsubscribe(path),
        }
    }

    /// Carries it out; the version that it led to.
    async fn run(self, store: &Store, space: &Space) -> Result<u64, StoreError> {
        let version = match self {
            Self::CreateFunction => store.create(function(space, "f")).await?.version,
            Self::DeleteFunction => store.delete::<Function>(space, &"f".into()).await?.version,
            Self::Subscribe(path) => store.create(subscription(space, path)).await?.version,
            Self::Unsubscribe(path) => {
                let id = subscription(space, path).subscription_id;
                store.delete::<Subscription>(space, &id).await?.version
            }
        };
        Ok(version.unwrap().version)
    }

    /// The same without a store; it panics if the rules do not allow it.
    fn replay(self, snapshot: &mut Snapshot, space: &Space) {
        match self {
            Self::CreateFunction => drop(
                snapshot
                    .create(function(space, "f"), 0, &SpaceRules::default())
                    .unwrap(),
            ),
            Self::DeleteFunction => drop(
                snapshot
                    .delete::<Function>(&"f".into(), &SpaceRules::default())
                    .unwrap(),
            ),
            Self::Subscribe(path) => drop(
                snapshot
                    .create(subscription(space, path), 0, &SpaceRules::default())
                    .unwrap(),
            ),
            Self::Unsubscribe(path) => {
                let id = subscription(space, path).subscription_id;
                drop(
                    snapshot
                        .delete::<Subscription>(&id, &SpaceRules::default())
                        .unwrap(),
                );
            }
        }
    }
}

fn subscription(space: &Space, path: usize) -> Subscription {
    sync(space, "e", "f", &format!("/{path}"))
}

async fn listed<R: Configured>(store: &Store, space: &Space) -> Vec<Arc<R>> {
    store.list(space, &MetadataFilter::default()).await.unwrap()
}

/// Accepted writes, put in the order of their versions, must be ones that the rules accept in that order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_accepted_is_one_history() {
    let table = TestTable::create().await;
    let space = Space::from("races");
    let handles: Vec<_> = (0..HANDLES).map(|_| table.store()).collect();
    handles[0].create(event_type(&space, "e")).await.unwrap();
    let writers = (0..WRITERS).map(|writer| {
        let (store, space) = (handles[writer % HANDLES].clone(), space.clone());
        tokio::spawn(async move {
            let mut random = fastrand::Rng::with_seed(writer as u64);
            let mut accepted = Vec::new();
            for _ in 0..WRITES {
                let operation = Operation::any(&mut random);
                match operation.run(&store, &space).await {
                    Ok(version) => accepted.push((version, operation)),
                    Err(StoreError::Rejected(_) | StoreError::Contended { .. }) => {}
                    Err(other) => panic!("{operation:?}: {other:?}"),
                }
            }
            accepted
        })
    });
    let accepted = join_all(writers).await.into_iter();
    let mut history: Vec<_> = accepted.flat_map(Result::unwrap).collect();
    history.sort_by_key(|(version, _)| *version);
    assert!(
        history.len() > WRITERS,
        "hardly anything was accepted: {history:?}"
    );

    let mut snapshot = Snapshot::default();
    snapshot
        .create(event_type(&space, "e"), 0, &SpaceRules::default())
        .unwrap();
    for ((version, operation), want) in history.iter().zip(2..) {
        assert_eq!(
            *version, want,
            "a version is missing or was given twice: {history:?}"
        );
        operation.replay(&mut snapshot, &space);
    }
    let all = MetadataFilter::default();
    for store in &handles {
        assert_eq!(listed::<EventType>(store, &space).await, snapshot.list(&all));
        assert_eq!(listed::<Function>(store, &space).await, snapshot.list(&all));
        assert_eq!(listed::<Subscription>(store, &space).await, snapshot.list(&all));
    }
    table.delete().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_two_conflicting_paths_wins() {
    let table = TestTable::create().await;
    let (one, two) = (table.store(), table.store());
    for round in 0..20 {
        let space = Space::from(format!("paths-{round}"));
        one.create(event_type(&space, "e")).await.unwrap();
        one.create(function(&space, "f")).await.unwrap();
        let (first, second) = tokio::join!(
            one.create(sync(&space, "e", "f", "/users/:id")),
            two.create(sync(&space, "e", "f", "/users/:name")),
        );
        let refused = match (first, second) {
            (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused.to_string(),
            other => panic!("round {round}: {other:?}"),
        };
        assert!(refused.starts_with("Subscription path conflict: "), "{refused}");
        assert_eq!(listed::<Subscription>(&one, &space).await.len(), 1);
    }
    table.delete().await;
}

#[tokio::test]
async fn what_was_asked_for_is_done_though_nobody_waits() {
    let table = TestTable::create().await;
    let store = table.store();
    let space = Space::from("dropped");
    for round in 0..10 {
        let id = format!("f{round}");
        // Polled once, which hands the change over, and dropped.
        let _ = store.create(function(&space, &id)).now_or_never();
        // Writers of a space have their turn in the order in which they came.
        store
            .create(function(&space, &format!("after{round}")))
            .await
            .unwrap();
        store.get::<Function>(&space, &id.as_str().into()).await.unwrap();
    }
    table.delete().await;
}

#[tokio::test]
async fn the_order_of_creation_spans_spaces_and_survives_a_clock_that_is_set_back() {
    let table = TestTable::create().await;
    let shift = Arc::new(Shift::default());
    let client = table.client.clone();
    let store = Store::DynamoDb(DynamoDb::with_clock(client, table.settings(), shift.clock()));
    let (one, two) = (Space::from("order-one"), Space::from("order-two"));
    for space in [&one, &two] {
        store.create(event_type(space, "e")).await.unwrap();
        store.create(function(space, "f")).await.unwrap();
    }
    let mut last = None;
    for (space, path) in [(&one, "/1"), (&two, "/2"), (&one, "/3")] {
        last = Some(store.create(asynchronous(space, "e", "f", path)).await.unwrap());
    }
    shift.set_wall_clock_back(3_600_000);
    let Written { value, .. } = store.create(asynchronous(&one, "e", "f", "/4")).await.unwrap();
    let mut ranks = Vec::new();
    for (space, path) in [
        ("order-one", "/1"),
        ("order-two", "/2"),
        ("order-one", "/3"),
        ("order-one", "/4"),
    ] {
        let id = asynchronous(&space.into(), "e", "f", path).subscription_id;
        let sk = format!("SUBSCRIPTION#{id}");
        let rank = table
            .attribute(&format!("SPACE#{space}"), &sk, "created")
            .await
            .unwrap();
        ranks.push(rank.as_n().unwrap().parse::<u64>().unwrap());
    }
    assert!(ranks.is_sorted_by(|earlier, later| earlier < later), "{ranks:?}");
    assert_eq!(ranks[3], ranks[2] + 1, "no time may have passed since");
    assert_ne!(value.id(), last.unwrap().value.id());
    table.delete().await;
}
