//! What spaces use, where an invocation may be the last for hours, or for ever: it is written before the invocation ends.

use axum::Router;
use axum::extract::Request;
use gateway::Gateway;
use tower::ServiceExt as _;

/// A router that has usage written after its requests, where that is counted. The body of an answer may come later: what it
/// costs is counted by then.
pub fn counting(router: Router, gateway: Gateway) -> Router {
    if gateway.usage().is_none() {
        return router;
    }
    let answer = move |request: Request| {
        let (router, gateway) = (router.clone(), gateway.clone());
        async move {
            gateway.begin_invocation();
            let answered = router.oneshot(request).await;
            // Boxed: hardly any request does it.
            Box::pin(gateway.end_invocation()).await;
            answered
        }
    };
    Router::new().fallback_service(tower::service_fn(answer))
}
