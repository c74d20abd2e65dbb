//! What spaces use, where an invocation may be the last for hours, or for ever: it is written before the invocation ends.

use axum::Router;
use axum::extract::Request;
use gateway::Usage;
use tower::ServiceExt as _;

/// A router that has usage written after its requests, where that is counted. The body of an answer may come later: what it
/// costs is counted by then.
pub fn counting(router: Router, usage: Option<Usage>) -> Router {
    let Some(usage) = usage else {
        return router;
    };
    let answer = move |request: Request| {
        let (router, usage) = (router.clone(), usage.clone());
        async move {
            usage.begin_invocation();
            let answered = router.oneshot(request).await;
            usage.end_invocation().await;
            answered
        }
    };
    Router::new().fallback_service(tower::service_fn(answer))
}
