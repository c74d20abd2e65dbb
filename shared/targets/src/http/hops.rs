//! How often the event of a call has been passed on: told with every request that the call makes, to the function and to
//! the servers of its tokens, since each of these may be the gateway itself.
//!
//! The count belongs to the task, not to the arguments of each step: so no request can be forgotten. So does what is kept
//! of the answers.

use domain::hops::{HOPS_HEADER, Hops};
use http::HeaderMap;
use http::header::HeaderName;

use crate::keeping::Keeping;

const HOPS: HeaderName = HeaderName::from_static(HOPS_HEADER);

tokio::task_local! {
    static CARRIED: Carried;
}

#[derive(Clone, Copy, Default)]
struct Carried {
    hops: Hops,
    keeping: Keeping,
}

/// Makes a call whose requests carry a count. No `async fn`, which would hold the call twice.
pub(crate) fn carrying<F: Future>(hops: Hops, call: F) -> impl Future<Output = F::Output> {
    carrying_and_keeping(hops, Keeping::default(), call)
}

/// The same, where it is known what becomes of the answers.
pub(crate) fn carrying_and_keeping<F: Future>(
    hops: Hops,
    keeping: Keeping,
    call: F,
) -> impl Future<Output = F::Output> {
    CARRIED.scope(Carried { hops, keeping }, call)
}

/// The count of the call that is made, for what goes on in a task of its own.
pub(crate) fn carried() -> Hops {
    CARRIED.try_with(|carried| carried.hops).unwrap_or_default()
}

/// What is kept of the answers to the call that is made.
pub(crate) fn keeping() -> Keeping {
    CARRIED.try_with(|carried| carried.keeping).unwrap_or_default()
}

/// Adds the header to a request.
pub(super) fn tell(headers: &mut HeaderMap) {
    let hops = carried();
    if !hops.is_none() {
        headers.insert(HOPS, hops.to_header());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_carry_the_count_of_their_call() {
        let told = || {
            let mut headers = HeaderMap::new();
            // Nobody else says how often it was.
            headers.insert(HOPS, Hops::NONE.to_header());
            tell(&mut headers);
            headers[HOPS].clone()
        };
        assert_eq!(told(), "0");
        let inner = carrying(Hops::new(3), async {
            let spawned = tokio::spawn(carrying(carried(), async move { carried() }));
            (told(), spawned.await.unwrap())
        });
        assert_eq!(inner.await, (Hops::new(3).to_header(), Hops::new(3)));
        assert_eq!(carried(), Hops::NONE);
    }
}
