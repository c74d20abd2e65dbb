//! Buckets of tokens: what every kind of store does with them. The rates are so low that nothing comes in during a test.

use std::time::Duration;

use domain::ids::Space;
use domain::quota::{FillRate, Quota, TokenRequest};
use futures::future::join_all;
use store::Store;

/// One token an hour.
fn slow(burst: u32) -> FillRate {
    FillRate::new(Duration::from_hours(1), burst)
}

/// How many tokens are taken, or how many there are.
async fn take(store: &Store, space: &Space, rate: FillRate, request: (u32, u32)) -> Result<u32, u32> {
    let (needed, wanted) = request;
    let request = TokenRequest { needed, wanted };
    let taken = store
        .take_tokens(space, Quota::Events, rate, request)
        .await
        .unwrap();
    taken.map(|taken| taken.tokens).map_err(|empty| empty.left)
}

/// Runs the contract.
pub(crate) async fn contract(store: &Store) {
    gives_what_there_is(store).await;
    begins_anew_at_another_rate(store).await;
    gives_nothing_twice(store).await;
}

async fn gives_what_there_is(store: &Store) {
    let space = Space::from("buckets");
    let left = async |rate| store.tokens_left(&space, Quota::Events, rate).await.unwrap();
    assert_eq!(left(slow(10)).await, 10);
    for (request, want) in [
        ((1, 3), Ok(3)),
        ((2, 2), Ok(2)),
        ((6, 9), Err(5)),
        ((1, 100), Ok(5)),
        ((1, 1), Err(0)),
    ] {
        assert_eq!(take(store, &space, slow(10), request).await, want, "{request:?}");
    }
    assert_eq!(left(slow(10)).await, 0);
    // Another space, and more than a burst of a full one.
    let other = Space::from("buckets-other");
    assert_eq!(take(store, &other, slow(10), (25, 25)).await, Ok(25));
    assert_eq!(take(store, &other, slow(10), (1, 1)).await, Err(0));
    // At another rate it is as full as it takes that time to fill.
    let fast = FillRate::new(Duration::from_nanos(1), 10);
    assert_eq!(
        take(store, &Space::from("buckets-fast"), fast, (10, 10)).await,
        Ok(10)
    );
    assert_eq!(
        take(store, &Space::from("buckets-fast"), fast, (10, 10)).await,
        Ok(10)
    );
}

async fn begins_anew_at_another_rate(store: &Store) {
    let space = Space::from("buckets-moved");
    assert_eq!(take(store, &space, slow(10), (25, 25)).await, Ok(25));
    assert_eq!(take(store, &space, slow(10), (1, 1)).await, Err(0));
    let faster = FillRate::new(Duration::from_mins(1), 5);
    assert_eq!(store.tokens_left(&space, Quota::Events, faster).await.unwrap(), 5);
    assert_eq!(take(store, &space, faster, (2, 3)).await, Ok(3));
    assert_eq!(take(store, &space, faster, (3, 3)).await, Err(2));
    assert_eq!(take(store, &space, faster, (2, 2)).await, Ok(2));
}

async fn gives_nothing_twice(store: &Store) {
    let space = Space::from("buckets-raced");
    let takers = (0..20).map(|_| async {
        let mut taken = 0;
        for _ in 0..10 {
            taken += take(store, &space, slow(50), (1, 3)).await.unwrap_or(0);
        }
        taken
    });
    let taken: u32 = join_all(takers).await.into_iter().sum();
    let left = store.tokens_left(&space, Quota::Events, slow(50)).await.unwrap();
    assert_eq!(taken + left, 50);
}
