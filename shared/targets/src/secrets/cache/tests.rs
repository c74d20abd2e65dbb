//! Ages, failures, races and bounds, on a clock that tests move.

use std::future::pending;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::yield_now;

use super::*;
use crate::single_flight::now;
use crate::single_flight::test_clock::{freeze, pass};

const TIME: Duration = Duration::from_secs(100);

/// A place whose secret can be changed and that can fail.
#[derive(Default)]
struct Place {
    text: Mutex<String>,
    fails: Mutex<Option<bool>>,
    reads: AtomicUsize,
}

impl Place {
    fn set(&self, text: &str) {
        text.clone_into(&mut self.text.lock().unwrap());
    }

    /// From now on, for good or not, until it is mended with `None`.
    fn fail(&self, permanent: Option<bool>) {
        *self.fails.lock().unwrap() = permanent;
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }
}

fn source(name: &str) -> Source {
    Source::File(name.to_owned())
}

async fn get(cache: &SecretCache, place: &Arc<Place>, name: &str) -> Result<String, bool> {
    let place = place.clone();
    let read = async move {
        place.reads.fetch_add(1, Ordering::Relaxed);
        for _ in 0..10 {
            yield_now().await;
        }
        match *place.fails.lock().unwrap() {
            None => Ok(place.text.lock().unwrap().clone()),
            Some(permanent) => Err(SecretError::Service {
                name: "n".to_owned(),
                permanent,
                source: "down".into(),
            }),
        }
    };
    let text = cache.get(&source(name), read).await;
    text.map(|text| text.as_ref().to_owned())
        .map_err(|error| error.is_permanent())
}

fn of(text: &str) -> (SecretCache, Arc<Place>) {
    let place = Arc::new(Place::default());
    place.set(text);
    (SecretCache::new(TIME), place)
}

/// Waits until a secret is kept that a call would get at once.
async fn until(cache: &SecretCache, wanted: &str) {
    for _ in 0..1000 {
        let at_hand = cache.get(&source("a"), pending()).now_or_never();
        if at_hand.is_some_and(|got| &*got.unwrap() == wanted) {
            return;
        }
        yield_now().await;
    }
    panic!("in vain: {wanted}");
}

#[tokio::test]
async fn one_read_serves_all_calls_and_changes_are_seen_in_time() {
    let (cache, place) = of("old");
    let calls = (0..100).map(|_| get(&cache, &place, "a"));
    for text in futures_util::future::join_all(calls).await {
        assert_eq!(text.unwrap(), "old");
    }
    assert_eq!(place.reads(), 1);
    place.set("new");
    pass(TIME * 79 / 100);
    assert_eq!(get(&cache, &place, "a").await.unwrap(), "old");
    assert_eq!(place.reads(), 1);
    pass(TIME / 50);
    // Read anew alongside, once, without a call that waits.
    for _ in 0..10 {
        assert_eq!(get(&cache, &place, "a").await.unwrap(), "old");
    }
    until(&cache, "new").await;
    assert_eq!(place.reads(), 2);
    place.set("newest");
    pass(TIME);
    assert_eq!(get(&cache, &place, "a").await.unwrap(), "newest");
}

#[tokio::test]
async fn a_place_that_is_down_does_not_end_calls_at_once() {
    let (cache, place) = of("old");
    get(&cache, &place, "a").await.unwrap();
    place.fail(Some(false));
    pass(TIME);
    for _ in 0..10 {
        assert_eq!(get(&cache, &place, "a").await.unwrap(), "old");
    }
    assert_eq!(place.reads(), 2, "a place that failed is left alone for a while");
    pass(Duration::from_hours(1));
    assert_eq!(get(&cache, &place, "a").await, Err(false), "not for ever");
    place.fail(None);
    assert_eq!(get(&cache, &place, "a").await, Err(false), "left alone");
    pass(Duration::from_secs(2));
    assert_eq!(get(&cache, &place, "a").await.unwrap(), "old");
}

#[tokio::test]
async fn what_is_taken_away_is_gone() {
    let (cache, place) = of("old");
    get(&cache, &place, "a").await.unwrap();
    place.fail(Some(true));
    pass(TIME);
    assert_eq!(get(&cache, &place, "a").await, Err(true));
    place.fail(Some(false));
    pass(Duration::from_secs(3));
    assert_eq!(
        get(&cache, &place, "a").await,
        Err(false),
        "and does not come back"
    );
}

#[tokio::test]
async fn reading_goes_on_without_the_call_that_waits() {
    let (cache, place) = of("text");
    {
        let mut call = std::pin::pin!(get(&cache, &place, "a"));
        assert!(futures_util::poll!(&mut call).is_pending());
    }
    until(&cache, "text").await;
    assert_eq!(
        (get(&cache, &place, "a").await.unwrap().as_str(), place.reads()),
        ("text", 1)
    );
}

#[tokio::test]
async fn refused_secrets_are_read_anew() {
    let (cache, place) = of("old");
    get(&cache, &place, "a").await.unwrap();
    pass(Duration::from_secs(5));
    let began = now().monotonic.into();
    place.set("new");
    assert!(cache.forget(&source("a"), began));
    assert!(
        cache.forget(&source("a"), began),
        "another call that was refused as well"
    );
    assert_eq!(get(&cache, &place, "a").await.unwrap(), "new");
    // A late refusal of a call that was made with the old one.
    assert!(cache.forget(&source("a"), began));
    assert_eq!(
        (get(&cache, &place, "a").await.unwrap().as_str(), place.reads()),
        ("new", 2)
    );
}

#[tokio::test]
async fn a_secret_that_is_wrong_is_not_read_for_every_refusal() {
    let (cache, place) = of("wrong");
    let mut verdicts = Vec::new();
    for _ in 0..10 {
        let began = now().monotonic.into();
        get(&cache, &place, "a").await.unwrap();
        verdicts.push(cache.forget(&source("a"), began));
        pass(Duration::from_secs(1));
    }
    assert_eq!(verdicts[..4], [true, true, false, false]);
    assert!(!verdicts[4..].contains(&true));
    assert_eq!(place.reads(), 2);
}

#[tokio::test]
async fn the_secrets_used_last_are_kept() {
    let (_, place) = of("text");
    let cache = SecretCache::of_sources(2, TIME);
    for name in ["a", "b", "a", "c", "a"] {
        get(&cache, &place, name).await.unwrap();
    }
    assert_eq!(place.reads(), 3);
    get(&cache, &place, "b").await.unwrap();
    assert_eq!(place.reads(), 4);
    for name in 0..100 {
        get(&cache, &place, &name.to_string()).await.unwrap();
    }
    assert_eq!(place.reads(), 104);
    for name in ["99", "98"] {
        get(&cache, &place, name).await.unwrap();
    }
    assert_eq!(place.reads(), 104);
    get(&cache, &place, "97").await.unwrap();
    assert_eq!(place.reads(), 105);
}

#[tokio::test]
async fn a_process_that_was_frozen_does_not_take_old_secrets_for_new() {
    let (cache, place) = of("old");
    get(&cache, &place, "a").await.unwrap();
    place.set("new");
    freeze(TIME);
    assert_eq!(get(&cache, &place, "a").await.unwrap(), "new");
}
