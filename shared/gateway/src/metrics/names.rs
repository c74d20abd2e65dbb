//! Names of the metrics that dashboards query (docs/contract.md §5), and of those that were added.

/// Events that found a subscriber, before authorization.
pub const EVENTS_RECEIVED: &str = "eventgateway_events_received_total";
/// Events whose function answered or failed.
pub const EVENTS_PROCESSED: &str = "eventgateway_events_processed_total";
/// Async deliveries for which the queue had no room.
pub const EVENTS_DROPPED: &str = "eventgateway_events_dropped_total";
/// Async deliveries that were given up and went to the dead letters.
pub const DEAD_LETTERS: &str = "eventgateway_dead_letters_total";
/// Async deliveries that were cancelled while they waited.
pub const EVENTS_CANCELLED: &str = "eventgateway_events_cancelled_total";
/// Async deliveries that an authorizer denied.
pub const EVENTS_DENIED: &str = "eventgateway_events_denied_total";
/// Events that nobody subscribes to.
pub const EVENTS_UNMATCHED: &str = "eventgateway_events_unmatched_total";
/// Events whose data does not fit the schema of their type.
pub const SCHEMA_VIOLATIONS: &str = "eventgateway_schema_violations_total";
/// Events that were refused because a quota of their space is used up.
pub const EVENTS_REFUSED: &str = "eventgateway_events_refused_total";
/// Calls of weighted functions, by the function that was called.
pub const VARIANT_CALLS: &str = "eventgateway_variant_calls_total";
/// Async deliveries waiting in the queue.
pub const EVENTS_BACKLOG: &str = "eventgateway_events_backlog";
/// Messages of a queue on SQS that were not taken, because they cannot be read or are not signed as they have to be.
pub const QUEUE_REFUSED: &str = "eventgateway_queue_messages_refused_total";
/// Seconds an async delivery waited in the queue.
pub const EVENTS_CUSTOM_PROCESSING: &str = "eventgateway_events_custom_processing_seconds";
/// Registered event types.
pub const EVENT_TYPES: &str = "eventgateway_eventtypes_total";
/// Registered functions.
pub const FUNCTIONS: &str = "eventgateway_functions_total";
/// Subscriptions.
pub const SUBSCRIPTIONS: &str = "eventgateway_subscriptions_total";
/// CORS configurations.
pub const CORS: &str = "eventgateway_cors_total";
/// Requests to the Configuration API that concern resources.
pub const CONFIG_REQUESTS: &str = "eventgateway_config_requests_total";
/// Seconds a request to the Configuration API took.
pub const CONFIG_REQUEST_DURATION: &str = "eventgateway_config_request_duration_seconds";
/// Dead letters that are kept.
pub const DEAD_LETTERS_KEPT: &str = "eventgateway_dead_letters";
