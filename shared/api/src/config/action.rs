//! What is asked of a space besides its resources, and who answers it.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use domain::ids::{DeliveryId, Space, SubscriptionId};
use http::Method;
use http::request::Parts;

use super::ConfigApi;
use super::paths::Endpoint;

/// What a request does at an [`Endpoint`].
#[derive(Debug)]
pub(super) enum Action {
    ListDeadLetters,
    PurgeDeadLetters,
    GetDeadLetter(DeliveryId),
    DeleteDeadLetter(DeliveryId),
    Redrive,
    ListDeliveries,
    ListWaiting,
    CancelWaiting,
    Explain,
    Pause(SubscriptionId),
    Resume(SubscriptionId),
}

impl Action {
    /// What a method means at an endpoint.
    pub(super) fn of(method: &Method, endpoint: Endpoint) -> Option<Self> {
        Some(match (method.as_str(), endpoint) {
            ("GET", Endpoint::DeadLetters) => Self::ListDeadLetters,
            ("DELETE", Endpoint::DeadLetters) => Self::PurgeDeadLetters,
            ("GET", Endpoint::DeadLetter(id)) => Self::GetDeadLetter(id),
            ("DELETE", Endpoint::DeadLetter(id)) => Self::DeleteDeadLetter(id),
            ("POST", Endpoint::Redrive) => Self::Redrive,
            ("GET", Endpoint::Deliveries) => Self::ListDeliveries,
            ("GET", Endpoint::Waiting) => Self::ListWaiting,
            ("DELETE", Endpoint::Waiting) => Self::CancelWaiting,
            ("POST", Endpoint::Explain) => Self::Explain,
            ("POST", Endpoint::Pause(id)) => Self::Pause(id),
            ("POST", Endpoint::Resume(id)) => Self::Resume(id),
            _ => return None,
        })
    }

    /// Methods that mean something at an endpoint.
    pub(super) fn methods(endpoint: &Endpoint) -> Vec<&'static str> {
        let means = |method: &&str| {
            Method::from_bytes(method.as_bytes())
                .is_ok_and(|method| Self::of(&method, endpoint.clone()).is_some())
        };
        super::METHODS.into_iter().filter(means).collect()
    }

    /// Values of the labels `resource` and `operation` (docs/contract.md §5).
    fn labels(&self) -> (&'static str, &'static str) {
        match self {
            Self::ListDeadLetters => ("deadletter", "list"),
            Self::GetDeadLetter(_) => ("deadletter", "get"),
            Self::PurgeDeadLetters | Self::DeleteDeadLetter(_) => ("deadletter", "delete"),
            Self::Redrive => ("deadletter", "redrive"),
            Self::ListDeliveries | Self::ListWaiting => ("delivery", "list"),
            Self::CancelWaiting => ("delivery", "delete"),
            Self::Explain => ("explanation", "get"),
            Self::Pause(_) | Self::Resume(_) => ("subscription", "update"),
        }
    }
}

impl ConfigApi {
    pub(super) async fn count_and_act(
        &self,
        action: Action,
        space: &Space,
        parts: &Parts,
        body: Body,
    ) -> Response {
        let (resource, operation) = action.labels();
        self.metrics.count(space, false, resource, operation);
        let done = match action {
            Action::ListDeadLetters => self.list_dead_letters(space, parts).await,
            Action::PurgeDeadLetters => self.purge_dead_letters(space, parts).await,
            Action::GetDeadLetter(id) => self.get_dead_letter(space, &id).await,
            Action::DeleteDeadLetter(id) => self.delete_dead_letter(space, id).await,
            Action::Redrive => self.redrive(space, parts, body).await,
            Action::ListDeliveries => self.list_deliveries(space, parts).await,
            Action::ListWaiting => self.list_waiting(space, parts).await,
            Action::CancelWaiting => self.cancel_waiting(space, parts).await,
            Action::Explain => self.explain(space, parts, body).await,
            Action::Pause(id) => self.pause(space, &id, parts, body).await,
            Action::Resume(id) => self.resume(space, &id).await,
        };
        done.unwrap_or_else(IntoResponse::into_response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_and_labels() {
        let id = || "d".into();
        for (method, endpoint, want) in [
            ("GET", Endpoint::DeadLetters, Some(("deadletter", "list"))),
            ("DELETE", Endpoint::DeadLetters, Some(("deadletter", "delete"))),
            ("POST", Endpoint::DeadLetters, None),
            ("GET", Endpoint::DeadLetter(id()), Some(("deadletter", "get"))),
            (
                "DELETE",
                Endpoint::DeadLetter(id()),
                Some(("deadletter", "delete")),
            ),
            ("PUT", Endpoint::DeadLetter(id()), None),
            ("POST", Endpoint::Redrive, Some(("deadletter", "redrive"))),
            ("GET", Endpoint::Redrive, None),
            ("GET", Endpoint::Deliveries, Some(("delivery", "list"))),
            ("DELETE", Endpoint::Deliveries, None),
            ("GET", Endpoint::Waiting, Some(("delivery", "list"))),
            ("DELETE", Endpoint::Waiting, Some(("delivery", "delete"))),
            ("POST", Endpoint::Waiting, None),
            ("POST", Endpoint::Explain, Some(("explanation", "get"))),
            ("GET", Endpoint::Explain, None),
            (
                "POST",
                Endpoint::Pause("s".into()),
                Some(("subscription", "update")),
            ),
            (
                "POST",
                Endpoint::Resume("s".into()),
                Some(("subscription", "update")),
            ),
            ("DELETE", Endpoint::Pause("s".into()), None),
            ("HEAD", Endpoint::DeadLetters, None),
        ] {
            let name = format!("{method} {endpoint:?}");
            let action = Action::of(&method.parse().unwrap(), endpoint);
            assert_eq!(action.map(|action| action.labels()), want, "{name}");
        }
    }
}
