//! What becomes of an event before its function gets it, and of an answer before its caller does.
//!
//! Subscriptions hold transforms as text. They are compiled when they are first used, and kept here as long as there is
//! room.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clocks::epoch_millis;
use dataflow::transform::{Transform, TransformContext, TransformError, TransformLimits};
use domain::event::{Event, TransformedError};
use domain::function_response::{FunctionResponse, UntransformedAnswer};
use domain::resource::{Subscription, TransformSource};
use foldhash::fast::RandomState;
use hashlink::LruCache;
use offload::off_runtime_for;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

/// Most compiled transforms that are kept, and most bytes of their texts.
const MOST_KEPT: usize = 1000;
const MOST_KEPT_BYTES: usize = 2 * 1024 * 1024;

/// Bytes from which on what is transformed leaves the threads that requests share, and how long a transform may take there.
const LARGE: usize = 16 * 1024;
const LONG: Duration = Duration::from_millis(1);

/// Why something was not transformed. No text of it holds anything of the event.
#[derive(Debug, thiserror::Error)]
pub enum Untransformed {
    /// The transform cannot be compiled, or failed.
    #[error("the transform failed: {0}")]
    Failed(#[from] TransformError),
    /// What it gave is no event.
    #[error("the transform gave no event that is valid")]
    NoEvent(#[from] TransformedError),
    /// The answer cannot be transformed, or what the transform gave is none.
    #[error(transparent)]
    Answer(#[from] UntransformedAnswer),
}

/// Transforms of all subscriptions.
#[derive(Debug)]
pub(crate) struct Transforms {
    limits: TransformLimits,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    compiled: LruCache<Box<str>, Arc<Compiled>, RandomState>,
    bytes: usize,
}

#[derive(Debug)]
struct Compiled {
    transform: Transform,
    /// Whether it took long when it was last applied.
    is_long: AtomicBool,
}

impl Transforms {
    /// None are compiled yet.
    pub(crate) fn new(limits: TransformLimits) -> Self {
        let compiled = LruCache::with_hasher(MOST_KEPT, RandomState::default());
        Self {
            limits,
            kept: Mutex::new(Kept { compiled, bytes: 0 }),
        }
    }

    /// The event as the function of a subscription gets it. `accepted_at` is when it came in, in milliseconds since the
    /// Unix epoch.
    pub(crate) async fn event(
        &self,
        source: &TransformSource,
        subscription: &Subscription,
        event: &Event,
        accepted_at: u64,
    ) -> Result<Arc<Event>, Untransformed> {
        let made = self
            .apply(source, subscription, event.to_transform(), accepted_at)
            .await?;
        Ok(Arc::new(event.transformed(&made)?))
    }

    /// The answer as the caller of a sync function gets it.
    pub(crate) async fn answer(
        &self,
        source: &TransformSource,
        subscription: &Subscription,
        response: FunctionResponse,
    ) -> Result<FunctionResponse, Untransformed> {
        let made = self
            .apply(source, subscription, response.to_transform()?, epoch_millis())
            .await?;
        Ok(response.transformed(&made)?)
    }

    async fn apply(
        &self,
        source: &TransformSource,
        subscription: &Subscription,
        json: String,
        accepted_at: u64,
    ) -> Result<String, TransformError> {
        let limits = self.limits;
        let about = About {
            rule: subscription.subscription_id.as_str().to_owned(),
            space: subscription.space.as_str().to_owned(),
            accepted_at,
        };
        // Turns are those of the space: its transforms keep no others waiting.
        let whose = about.space.clone();
        if let Some(compiled) = self.kept(source.json()) {
            let is_short = !compiled.is_long.load(Ordering::Relaxed) && json.len() < LARGE;
            if is_short && let Some(made) = compiled.apply_shortly(&json, &about, &limits) {
                return made;
            }
            return off_runtime_for(&whose, move || compiled.apply(&json, &about, &limits)).await;
        }
        let text: Box<str> = source.json().into();
        let work = move || {
            let transform = Transform::compile(&text, &limits)?;
            let compiled = Arc::new(Compiled {
                transform,
                is_long: AtomicBool::new(true),
            });
            let made = compiled.apply(&json, &about, &limits);
            Ok::<_, TransformError>((text, compiled, made))
        };
        let (text, compiled, made) = off_runtime_for(&whose, work).await?;
        self.keep(text, compiled);
        made
    }

    fn kept(&self, text: &str) -> Option<Arc<Compiled>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.compiled.get(text).cloned()
    }

    fn keep(&self, text: Box<str>, compiled: Arc<Compiled>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += text.len();
        if let Some(old) = kept.compiled.remove_entry(&text) {
            kept.bytes -= old.0.len();
        }
        kept.make_room();
        kept.compiled.insert(text, compiled);
    }
}

impl Kept {
    /// Leaves out those that were not used for longest.
    fn make_room(&mut self) {
        while self.bytes > MOST_KEPT_BYTES || self.compiled.len() >= MOST_KEPT {
            let Some((text, _)) = self.compiled.remove_lru() else {
                return;
            };
            self.bytes -= text.len();
        }
    }
}

/// What a transform is told.
struct About {
    space: String,
    rule: String,
    accepted_at: u64,
}

impl Compiled {
    /// Applies it where requests wait meanwhile: `None` if that would take long. One event may take a transform longer than
    /// all others did, and whoever sends it chooses so.
    fn apply_shortly(
        &self,
        json: &str,
        about: &About,
        limits: &TransformLimits,
    ) -> Option<Result<String, TransformError>> {
        let short = TransformLimits {
            max_time: limits.max_time.min(LONG),
            ..*limits
        };
        let made = self.apply(json, about, &short);
        let is_cut = short.max_time < limits.max_time && matches!(&made, Err(error) if error.is_timeout());
        (!is_cut).then_some(made)
    }

    fn apply(&self, json: &str, about: &About, limits: &TransformLimits) -> Result<String, TransformError> {
        let began = Instant::now();
        let nanoseconds = i128::from(about.accepted_at) * 1_000_000;
        let time = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds);
        let ingestion_time = time.ok().and_then(|time| time.format(&Rfc3339).ok());
        let context = TransformContext {
            rule_arn: &format!("{}/{}", about.space, about.rule),
            rule_name: &about.rule,
            ingestion_time: ingestion_time.as_deref().unwrap_or_default(),
            now: i64::try_from(epoch_millis()).ok(),
        };
        let made = self.transform.apply(json, &context, limits);
        self.is_long.store(began.elapsed() > LONG, Ordering::Relaxed);
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(transform: &str) -> Subscription {
        let body = format!(
            r#"{{"type":"sync","eventType":"a.b","functionId":"f","path":"/","transform":{transform}}}"#
        );
        domain::resource::Resource::decode(&"default".into(), None, body.as_bytes()).unwrap()
    }

    fn event() -> Event {
        let json = r#"{"specversion":"1.0","type":"a.b","source":"s","id":"1","data":{"n":1.50}}"#;
        serde_json::from_str(json).unwrap()
    }

    #[tokio::test]
    async fn a_transform_is_compiled_once() {
        let transforms = Transforms::new(TransformLimits::default());
        let subscription = subscription(r#"{"jsonata":"{'m': data.n * 2}"}"#);
        let source = subscription.transform.as_ref().unwrap();
        for _ in 0..3 {
            let made = transforms
                .event(source, &subscription, &event(), 0)
                .await
                .unwrap();
            let json = String::from_utf8(made.to_json()).unwrap();
            assert!(json.ends_with(r#""data":{"m":3}}"#), "{json}");
        }
        assert_eq!(transforms.kept.lock().unwrap().compiled.len(), 1);
    }

    #[tokio::test]
    async fn what_fails_is_said_without_the_event() {
        let transforms = Transforms::new(TransformLimits::default());
        for (transform, want) in [
            (
                r#"{"jsonata":"data.n & $error('x')"}"#,
                "the transform failed: D3137: the expression raised an error (at position 9)",
            ),
            (
                r#"{"jsonata":"(("}"#,
                "the transform failed: S0203: Expected \")\" before end of expression (at position 2)",
            ),
            (
                r#"{"jsonata":"{'specversion': '9', 'type': data.n}"}"#,
                "the transform gave no event that is valid",
            ),
        ] {
            let subscription = subscription(transform);
            let source = subscription.transform.as_ref().unwrap();
            let error = transforms.event(source, &subscription, &event(), 0).await;
            assert_eq!(error.unwrap_err().to_string(), want);
        }
    }

    #[test]
    fn what_takes_long_is_not_done_where_others_wait() {
        let limits = TransformLimits {
            max_time: Duration::from_mins(1),
            ..TransformLimits::default()
        };
        let compiled = Compiled {
            transform: Transform::compile(r#"{"jsonata":"$distinct([1..n])"}"#, &limits).unwrap(),
            is_long: AtomicBool::new(false),
        };
        let about = About {
            space: "one".to_owned(),
            rule: "r".to_owned(),
            accepted_at: 0,
        };
        let made = compiled.apply_shortly(r#"{"n":9999}"#, &about, &limits);
        assert!(made.is_none(), "{made:?}");
        // What fails by itself is not tried again.
        let made = compiled.apply_shortly("{", &about, &limits);
        assert!(matches!(made, Some(Err(_))), "{made:?}");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let transforms = Transforms::new(TransformLimits::default());
        let compiled = || {
            let transform = Transform::compile(r#"{"input":1}"#, &TransformLimits::default()).unwrap();
            Arc::new(Compiled {
                transform,
                is_long: AtomicBool::new(false),
            })
        };
        for number in 0..1500 {
            transforms.keep(number.to_string().into(), compiled());
        }
        for letter in ["a", "b", "c"] {
            transforms.keep(letter.repeat(MOST_KEPT_BYTES / 2).into(), compiled());
        }
        let kept = transforms.kept.lock().unwrap();
        let bytes: usize = kept.compiled.iter().map(|(text, _)| text.len()).sum();
        assert_eq!(bytes, kept.bytes);
        assert!(bytes <= MOST_KEPT_BYTES && kept.compiled.len() <= MOST_KEPT);
    }
}
