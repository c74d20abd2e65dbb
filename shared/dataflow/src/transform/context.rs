//! What a transform knows besides the JSON that it is applied to.

/// Facts of the one application of a transform.
#[derive(Debug, Clone, Copy, Default)]
pub struct TransformContext<'a> {
    /// What stands for `<aws.events.rule-arn>`.
    pub rule_arn: &'a str,
    /// What stands for `<aws.events.rule-name>`.
    pub rule_name: &'a str,
    /// What stands for `<aws.events.event.ingestion-time>`, RFC 3339.
    pub ingestion_time: &'a str,
    /// Milliseconds since the Unix epoch, for `$now()` and `$millis()` of JSONata; without it the machine's clock is asked.
    pub now: Option<i64>,
}
