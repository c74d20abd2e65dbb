//! Work that takes long enough to be in the way of others leaves the threads that all requests share.

use std::panic::resume_unwind;
use std::sync::LazyLock;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;

/// Bytes from which on reading or converting a body leaves the threads of the runtime: up to about a millisecond of
/// work is done in less time than it takes to hand it over and back when the machine is busy.
pub const LARGE_BODY: usize = 256 * 1024;

/// As much of such work at a time as there are processors: more would only take memory, and time from requests.
static PERMITS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, usize::from)));

/// Does work on a thread for work that blocks, and waits for it. Who stops to wait before it has begun has it left
/// undone; what has begun is done to its end, which is why it has to be bounded. A panic goes on where it is waited for.
pub async fn off_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    // Never closed.
    let permit = PERMITS.acquire().await.ok();
    let done = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work()
    });
    match done.await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime ends, and this task with it.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[tokio::test]
    async fn work_is_done_on_another_thread() {
        let here = thread::current().id();
        assert_ne!(off_runtime(|| thread::current().id()).await, here);
    }

    #[tokio::test]
    async fn panics_go_on() {
        let task = tokio::spawn(off_runtime(|| panic!("broken")));
        assert!(task.await.unwrap_err().is_panic());
        // And give their permit back.
        assert_eq!(
            PERMITS.available_permits(),
            available_parallelism().map_or(1, usize::from)
        );
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_not_begun() {
        let permits = u32::try_from(available_parallelism().map_or(1, usize::from)).unwrap();
        let all = PERMITS.acquire_many(permits).await.unwrap();
        let (send, receive) = tokio::sync::oneshot::channel::<()>();
        let task = tokio::spawn(off_runtime(move || send.send(())));
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        drop(all);
        assert!(receive.await.is_err());
    }
}
