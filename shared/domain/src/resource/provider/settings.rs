//! What the gateway has to know of each kind of provider, as one trait that the settings of each implement.

use super::{Destination, EventFormat, Members, ProviderError, ResponseMode};
use crate::resource::{SecretMembers, TargetUrl};

/// The settings of one kind of provider: how they are read, and what follows from them. Implemented in the file of that
/// provider and asked through [`Provider`](super::Provider) only.
///
/// A method has no default where a wrong one would lose a secret, an answer or an identity without anybody's notice.
pub(super) trait ProviderSettings {
    /// What is missing something, in errors: "AWS Lambda function".
    fn title() -> &'static str
    where
        Self: Sized;

    /// Reads the member `provider` of a function and checks every rule of its fields.
    fn decode(members: &Members<'_>) -> Result<Self, ProviderError>
    where
        Self: Sized;

    /// Every secret, with the path of its member. Some of them may be empty. No two have the same path.
    fn secrets_mut(&mut self) -> SecretMembers<'_>;

    /// Every URL that may have credentials in it, with the path of its member.
    fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)>;

    /// Every member that has a say in where secrets are sent.
    fn destinations(&self) -> Vec<Destination<'_>>;

    /// Refuses settings without credentials of their own, with which calls would be made as the gateway itself.
    fn check_own_credentials(&self) -> Result<(), ProviderError>;

    /// Whether events are only taken in, so that a successful call has no response object (docs/contract.md Q23).
    fn is_connector(&self) -> bool;

    /// Whether the delivery is told in HTTP headers, so that the event stays as it came in. Without them, what is sent
    /// of a queued delivery carries it, which every provider can take.
    fn takes_headers(&self) -> bool {
        false
    }

    /// The form in which it gets events.
    fn event_format(&self) -> EventFormat {
        EventFormat::default()
    }

    /// Whether it only says whether events may pass, so that no subscription can have it as its function.
    fn only_authorizes(&self) -> bool {
        false
    }

    /// Longest time of a call, in seconds; `None` leaves it to the gateway's setting.
    fn timeout_seconds(&self) -> Option<u32>;

    /// What the result of a sync call is taken for; `None` leaves it to the gateway's setting.
    fn response_mode(&self) -> Option<ResponseMode>;
}
