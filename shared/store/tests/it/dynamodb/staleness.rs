//! The bound on the age of routes (docs/adr/0006), with several instances, writes of all kinds all the time, and a
//! publisher that comes and goes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use domain::configuration::Snapshot;
use domain::ids::Space;
use domain::space_version::SpaceVersion;
use store::StreamTail;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::TestTable;
use super::instance::{Instance, streams};
use super::world::{World, seen, shown};

const INSTANCES: usize = 4;
const WRITES: usize = 200;
const REVALIDATE_AFTER: Duration = Duration::from_millis(50);
const MAX_STALENESS: Duration = Duration::from_millis(100);

/// Whether snapshots are published while the test runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Publishing {
    Always,
    /// Not for the middle third of the writes.
    Interrupted,
    Never,
}

/// The versions of each space, from 0.
struct History(Mutex<HashMap<Space, Vec<Version>>>);

struct Version {
    /// What routes show of it.
    shown: Vec<String>,
    /// When the write that made it was acknowledged, if it is.
    acknowledged: Option<Instant>,
}

impl History {
    fn of(spaces: &[Space]) -> Self {
        let history = Self(Mutex::default());
        for space in spaces {
            history.begin(space, shown(&Snapshot::default(), space));
        }
        history
    }

    /// A write that is about to be sent.
    fn begin(&self, space: &Space, shown: Vec<String>) {
        let mut history = self.0.lock().unwrap();
        history.entry(space.clone()).or_default().push(Version {
            shown,
            acknowledged: None,
        });
    }

    /// The newest write was acknowledged.
    fn acknowledge(&self, space: &Space) {
        let mut history = self.0.lock().unwrap();
        let newest = history.get_mut(space).unwrap().last_mut().unwrap();
        newest.acknowledged = Some(Instant::now());
    }

    /// Fails if what a request saw that began at an instant is not a version that it may see.
    fn check(&self, space: &Space, began: Instant, seen: &[String]) {
        let history = self.0.lock().unwrap();
        let versions = &history[space];
        let is_due = |version: &Version| version.acknowledged.is_some_and(|at| at + MAX_STALENESS <= began);
        let required = versions.iter().rposition(is_due).unwrap_or(0);
        let found = versions.iter().rposition(|version| version.shown == seen);
        assert!(
            found.is_some_and(|found| found >= required),
            "{space}: version {required} was acknowledged {:?} before, seen is {found:?} of {}",
            versions[required]
                .acknowledged
                .map(|at| began.saturating_duration_since(at)),
            versions.len(),
        );
    }
}

/// Asks an instance for routes again and again until it is told to stop.
fn read(
    instance: Arc<Instance>,
    history: Arc<History>,
    spaces: Vec<Space>,
    stop: Arc<AtomicBool>,
) -> JoinHandle<usize> {
    tokio::spawn(async move {
        let mut reads = 0;
        while !stop.load(Ordering::Relaxed) {
            let began = Instant::now();
            let routes = instance.routes().await.unwrap();
            for space in &spaces {
                history.check(space, began, &seen(&routes, space));
            }
            reads += 1;
            // Sometimes an instance has nothing to do for longer than any bound.
            let idle = if fastrand::u8(..) == 0 {
                150
            } else {
                fastrand::u64(..3)
            };
            tokio::time::sleep(Duration::from_millis(idle)).await;
        }
        reads
    })
}

struct Publisher {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Publisher {
    fn start(table: &TestTable) -> Self {
        let (stop, stopped) = watch::channel(false);
        let streams = streams(&table.endpoint);
        let instance = Instance::new(table);
        let tail = StreamTail::new(streams, instance.dynamodb, Duration::from_millis(5));
        let task = tokio::spawn(tail.run(stopped));
        Self { stop, task }
    }

    /// As a process that is killed: wherever it is.
    fn kill(self) {
        self.task.abort();
    }

    async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }
}

async fn no_request_sees_what_is_older_than_the_bound(publishing: Publishing, seed: u64) {
    let table = TestTable::create().await;
    let mut world = World::new(&["one", "two", "three"], seed);
    let history = Arc::new(History::of(world.spaces()));
    let stop = Arc::new(AtomicBool::new(false));
    let instances: Vec<_> = (0..INSTANCES)
        .map(|_| {
            Arc::new(Instance::at(
                &table,
                &table.endpoint,
                REVALIDATE_AFTER,
                MAX_STALENESS,
            ))
        })
        .collect();
    let readers: Vec<_> = instances
        .iter()
        .map(|instance| {
            read(
                instance.clone(),
                history.clone(),
                world.spaces().to_vec(),
                stop.clone(),
            )
        })
        .collect();
    let mut publisher = (publishing != Publishing::Never).then(|| Publisher::start(&table));
    let writer = Instance::new(&table);
    for number in 0..WRITES {
        if publishing == Publishing::Interrupted && number == WRITES / 3 {
            publisher.take().unwrap().kill();
        }
        if publishing == Publishing::Interrupted && number == 2 * WRITES / 3 {
            publisher = Some(Publisher::start(&table));
        }
        let write = world.next();
        let SpaceVersion { space, version } = write.leads_to.clone();
        let shown = shown(&write.state, &space);
        history.begin(&space, shown.clone());
        write.perform(&writer.store).await;
        history.acknowledge(&space);
        // Whoever names the version sees it at once, on any instance.
        if number % 4 == 0 {
            let instance = &instances[number / 4 % INSTANCES];
            let named = SpaceVersion {
                space: space.clone(),
                version,
            };
            let routes = instance.routes_since(named).await.unwrap();
            assert_eq!(seen(&routes, &space), shown);
        }
        assert!(
            readers.iter().all(|reader| !reader.is_finished()),
            "a reader gave up"
        );
        tokio::time::sleep(Duration::from_millis(fastrand::u64(..10))).await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut reads = 0;
    for reader in readers {
        reads += reader.await.unwrap();
    }
    if let Some(publisher) = publisher {
        publisher.stop().await;
    }
    assert!(reads > WRITES, "{reads} reads are too few to tell anything");
    table.delete().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_publisher() {
    no_request_sees_what_is_older_than_the_bound(Publishing::Always, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_publisher_that_is_killed_and_started_again() {
    no_request_sees_what_is_older_than_the_bound(Publishing::Interrupted, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_publisher() {
    no_request_sees_what_is_older_than_the_bound(Publishing::Never, 3).await;
}
