//! Work that takes long enough to be in the way of others leaves the threads that all requests share.

#[cfg(target_os = "linux")]
use std::cell::Cell;
use std::panic::resume_unwind;
use std::sync::LazyLock;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;

mod turns;

pub use turns::off_runtime_for;

/// Bytes from which on reading or converting a body leaves the threads of the runtime: up to about a millisecond of
/// work is done in less time than it takes to hand it over and back when the machine is busy.
pub const LARGE_BODY: usize = 256 * 1024;

/// How far such work stands back behind all other work of the machine, as a nice value: requests have the processor first.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// As much of such work at a time as there are processors: more would only take memory, and time from requests.
static PERMITS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, usize::from)));

/// Does work on so many bytes: here, or as [`off_runtime`] where these are [`LARGE_BODY`] or more.
pub async fn off_runtime_if_large<T: Send + 'static>(
    bytes: u64,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    if bytes < LARGE_BODY as u64 {
        work()
    } else {
        off_runtime(work).await
    }
}

/// Does work on a thread for work that blocks, and waits for it. Who stops to wait before it has begun has it left
/// undone; what has begun is done to its end, which is why it has to be bounded. A panic goes on where it is waited for.
pub async fn off_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    // Never closed.
    let permit = PERMITS.acquire().await.ok();
    let done = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        stand_back();
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

/// Lowers the priority of this thread for good. What else blocks may follow on it, and waits mostly for other things than
/// a processor.
fn stand_back() {
    #[cfg(target_os = "linux")]
    {
        thread_local! {
            static STANDS_BACK: Cell<bool> = const { Cell::new(false) };
        }
        if !STANDS_BACK.replace(true) {
            // Of Linux, no process means this thread. One that stands further back already may not come forward.
            let _ = rustix::process::setpriority_process(None, NICE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    fn all_permits() -> u32 {
        u32::try_from(available_parallelism().map_or(1, usize::from)).unwrap()
    }

    #[tokio::test]
    async fn work_is_done_on_another_thread() {
        let here = thread::current().id();
        assert_ne!(off_runtime(|| thread::current().id()).await, here);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn requests_have_the_processor_first() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let here = nice();
        assert_eq!(off_runtime(nice).await, here.max(NICE));
        assert_eq!(nice(), here);
    }

    #[tokio::test]
    async fn panics_go_on() {
        let task = tokio::spawn(off_runtime(|| panic!("broken")));
        assert!(task.await.unwrap_err().is_panic());
        // And give their permit back.
        let all = PERMITS.acquire_many(all_permits());
        assert!(timeout(Duration::from_secs(10), all).await.is_ok());
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_not_begun() {
        let all = PERMITS.acquire_many(all_permits()).await.unwrap();
        let (send, receive) = tokio::sync::oneshot::channel::<()>();
        let task = tokio::spawn(off_runtime(move || send.send(())));
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        drop(all);
        assert!(receive.await.is_err());
    }
}
