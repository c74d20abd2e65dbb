//! Turns: work that is done on behalf of many, none of whom has all processors while others wait.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread::available_parallelism;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::off_runtime;

/// Those who have a turn or wait for one, and some that had one lately.
static TURNS: LazyLock<Mutex<HashMap<Box<str>, Arc<Semaphore>>>> = LazyLock::new(Mutex::default);

/// How many are remembered before those are forgotten that nobody needs.
const REMEMBERED: usize = 1024;

/// As [`off_runtime`], on behalf of somebody, such as a space: half of the processors at most are busy with the work of one,
/// so that others wait for a piece of it and not for all.
pub async fn off_runtime_for<T: Send + 'static>(whose: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let turn = turn(whose).await;
    off_runtime(move || {
        let _turn = turn;
        work()
    })
    .await
}

async fn turn(whose: &str) -> Option<OwnedSemaphorePermit> {
    let turns = {
        let mut all = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turns) = all.get(whose) {
            Arc::clone(turns)
        } else {
            if all.len() >= REMEMBERED {
                all.retain(|_, turns| Arc::strong_count(turns) > 1);
            }
            let turns = Arc::new(Semaphore::new(share()));
            all.insert(whose.into(), Arc::clone(&turns));
            turns
        }
    };
    // Never closed.
    turns.acquire_owned().await.ok()
}

fn share() -> usize {
    (available_parallelism().map_or(1, usize::from) / 2).max(1)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn one_does_not_keep_another_waiting() {
        if available_parallelism().map_or(1, usize::from) < 2 {
            return;
        }
        let (go, wait) = mpsc::channel::<()>();
        let wait = Arc::new(Mutex::new(wait));
        let greedy: Vec<_> = (0..100)
            .map(|_| {
                let wait = Arc::clone(&wait);
                tokio::spawn(off_runtime_for("greedy", move || {
                    wait.lock().unwrap().recv().is_ok()
                }))
            })
            .collect();
        tokio::task::yield_now().await;
        // Done while all of the others wait.
        off_runtime_for("modest", || ()).await;
        drop(go);
        for task in greedy {
            task.await.unwrap();
        }
    }

    #[tokio::test]
    async fn who_is_gone_is_forgotten() {
        for number in 0..3 * REMEMBERED {
            let _gone = turn(&format!("gone {number}")).await;
        }
        assert!(TURNS.lock().unwrap().len() <= REMEMBERED + 2);
    }
}
