//! Tokens under load, over time and with a server that fails. The clock of these tests is set by hand.

use std::future::pending;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use domain::retry::FailureClass;
use futures_util::FutureExt as _;
use tokio::sync::Notify;
use tokio::task::{JoinSet, yield_now};

use super::*;
use crate::single_flight::test_clock;

fn pass(seconds: u64) {
    test_clock::pass(Duration::from_secs(seconds));
}

/// A server that numbers its tokens.
struct Server {
    asked: AtomicU32,
    /// In seconds.
    lifetime: AtomicU64,
}

impl Server {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            asked: AtomicU32::new(0),
            lifetime: AtomicU64::new(100),
        })
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    /// The next token, after giving way to other calls.
    async fn token(self: Arc<Self>) -> Result<Token, InvokeError> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        yield_now().await;
        Ok(Token {
            text: number.to_string(),
            lifetime: Duration::from_secs(self.lifetime.load(Ordering::SeqCst)),
        })
    }

    async fn failure(self: Arc<Self>) -> Result<Token, InvokeError> {
        let _ = self.token().await;
        Err(InvokeError::Throttled {
            retry_after: Some(Duration::from_secs(7)),
            source: "too many requests".into(),
        })
    }
}

fn key() -> TokenKey {
    TokenKey::of(&["key"])
}

/// What so many calls at once get.
async fn at_once(
    calls: usize,
    cache: &Arc<TokenCache>,
    server: &Arc<Server>,
    fails: bool,
) -> Vec<Result<Arc<str>, InvokeError>> {
    let mut all = JoinSet::new();
    for _ in 0..calls {
        let (cache, server) = (Arc::clone(cache), Arc::clone(server));
        all.spawn(async move {
            let asking = async move || {
                if fails {
                    server.failure().await
                } else {
                    server.token().await
                }
            };
            cache.get(&key(), asking).await
        });
    }
    all.join_all().await
}

async fn token(cache: &TokenCache, server: &Arc<Server>) -> String {
    let asking = || Arc::clone(server).token();
    cache.get(&key(), asking).await.unwrap().to_string()
}

/// Lets the requests under way come as far as they can.
async fn settle() {
    for _ in 0..10 {
        yield_now().await;
    }
}

#[tokio::test]
async fn ten_thousand_calls_at_once_and_in_a_row_ask_once() {
    let (cache, server) = (Arc::default(), Server::new());
    let all = at_once(10_000, &cache, &server, false).await;
    assert!(all.into_iter().all(|token| &*token.unwrap() == "1"));
    for _ in 0..10_000 {
        assert_eq!(token(&cache, &server).await, "1");
    }
    assert_eq!(server.asked(), 1);
    let asking = || Arc::clone(&server).token();
    let other = cache.get(&TokenKey::of(&["ke", "y"]), asking).await;
    assert_eq!(&*other.unwrap(), "2");
}

#[tokio::test]
async fn tokens_are_replaced_before_they_expire() {
    let (cache, server) = (Arc::default(), Server::new());
    assert_eq!(token(&cache, &server).await, "1");
    pass(79);
    assert_eq!(token(&cache, &server).await, "1");
    pass(1);
    // One of them asks early, and nobody waits for it.
    let tokens = at_once(100, &cache, &server, false).await;
    assert!(tokens.into_iter().all(|token| &*token.unwrap() == "1"));
    settle().await;
    assert_eq!((token(&cache, &server).await.as_str(), server.asked()), ("2", 2));
    pass(90);
    let tokens = at_once(100, &cache, &server, false).await;
    assert!(tokens.into_iter().all(|token| &*token.unwrap() == "3"));
    assert_eq!(server.asked(), 3);
}

#[tokio::test]
async fn a_server_that_is_down_for_a_while_is_not_felt() {
    let (cache, server) = (Arc::default(), Server::new());
    server.lifetime.store(3600, Ordering::SeqCst);
    assert_eq!(token(&cache, &server).await, "1");
    pass(3500);
    for _ in 0..50 {
        let all = at_once(10, &cache, &server, true).await;
        assert!(all.into_iter().all(|token| &*token.unwrap() == "1"));
        settle().await;
    }
    assert_eq!(server.asked(), 2, "one early request, and a pause");
    pass(5);
    assert_eq!(token(&cache, &server).await, "1");
    settle().await;
    assert_eq!(token(&cache, &server).await, "3");
}

#[tokio::test]
async fn a_good_token_is_at_hand_while_the_next_one_does_not_come() {
    let (cache, server) = (TokenCache::default(), Server::new());
    assert_eq!(token(&cache, &server).await, "1");
    pass(80);
    for _ in 0..3 {
        let at_hand = cache.get(&key(), pending).now_or_never();
        assert_eq!(&*at_hand.unwrap().unwrap(), "1");
        settle().await;
    }
}

#[tokio::test]
async fn waiting_calls_share_a_failure_and_later_ones_do_not() {
    let (cache, server) = (Arc::default(), Server::new());
    for round in 1..=3 {
        for result in at_once(1000, &cache, &server, true).await {
            let error = result.unwrap_err();
            assert_eq!(
                (error.to_string().as_str(), error.class(), error.retry_after()),
                (
                    "Function call failed. Error: too many requests",
                    FailureClass::Throttled,
                    Some(Duration::from_secs(7))
                )
            );
        }
        assert_eq!(server.asked(), round);
    }
    assert_eq!(token(&cache, &server).await, "4");
}

#[tokio::test]
async fn waiting_calls_share_a_token_without_any_lifetime() {
    let (cache, server) = (Arc::default(), Server::new());
    server.lifetime.store(0, Ordering::SeqCst);
    let all = at_once(1000, &cache, &server, false).await;
    assert!(all.into_iter().all(|token| &*token.unwrap() == "1"));
    assert_eq!(token(&cache, &server).await, "2");
}

#[tokio::test]
async fn a_request_outlives_the_calls_that_wait_for_it() {
    let (cache, server) = (TokenCache::default(), Server::new());
    let answer = Arc::new(Notify::new());
    for _ in 0..3 {
        let (server, answer) = (Arc::clone(&server), Arc::clone(&answer));
        let slow = async move || {
            answer.notified().await;
            server.token().await
        };
        // Such a call has no more time.
        assert!(cache.get(&key(), slow).now_or_never().is_none());
        settle().await;
    }
    answer.notify_one();
    settle().await;
    assert_eq!(server.asked(), 1);
    let kept = cache.get(&key(), pending).now_or_never();
    assert_eq!(&*kept.unwrap().unwrap(), "1");
}

/// The instance of a Lambda function slept, and its connections are gone.
#[tokio::test]
async fn a_request_that_should_have_ended_is_not_waited_for() {
    let (cache, server) = (TokenCache::default(), Server::new());
    assert!(cache.get(&key(), pending).now_or_never().is_none());
    settle().await;
    pass(10);
    assert_eq!(token(&cache, &server).await, "1");
}

#[tokio::test]
async fn a_request_that_is_no_more_is_not_waited_for() {
    let (cache, server) = (TokenCache::default(), Server::new());
    let asking = async || panic!("what comes of a bug");
    let error = cache.get(&key(), asking).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Transient);
    assert_eq!(token(&cache, &server).await, "1");
}

#[tokio::test]
async fn only_the_refused_token_is_forgotten() {
    let (cache, server) = (TokenCache::default(), Server::new());
    assert_eq!(token(&cache, &server).await, "1");
    assert!(cache.forget(&key(), "1"));
    assert_eq!(token(&cache, &server).await, "2");
    // Calls that were under way with the first token are refused later; another token is there for them.
    for _ in 0..100 {
        assert!(cache.forget(&key(), "1"));
        assert_eq!(token(&cache, &server).await, "2");
    }
    // A function that refuses them all does not send everybody to the server.
    for _ in 0..100 {
        assert!(!cache.forget(&key(), "2"));
        assert_eq!(token(&cache, &server).await, "2");
    }
    pass(5);
    assert!(cache.forget(&key(), "2"));
    assert_eq!(token(&cache, &server).await, "3");
    assert!(cache.forget(&TokenKey::of(&["unknown"]), "3"));
}

#[tokio::test]
async fn the_keys_that_were_not_used_for_longest_go() {
    let (cache, server) = (TokenCache::of_keys(3), Server::new());
    let get = async |name: &str| {
        let asking = || Arc::clone(&server).token();
        let got = cache.get(&TokenKey::of(&[name]), asking).await;
        got.unwrap().to_string()
    };
    for (name, want) in [
        ("a", "1"),
        ("b", "2"),
        ("c", "3"),
        ("a", "1"),
        ("d", "4"),
        ("a", "1"),
        ("c", "3"),
        ("b", "5"),
        ("d", "6"),
    ] {
        assert_eq!(get(name).await, want, "{name}");
    }
}

#[tokio::test]
async fn a_request_whose_key_had_to_go_is_still_waited_for() {
    let (cache, server) = (TokenCache::of_keys(1), Server::new());
    let answer = Arc::new(Notify::new());
    let slow = {
        let (server, answer) = (Arc::clone(&server), Arc::clone(&answer));
        async move || {
            answer.notified().await;
            server.token().await
        }
    };
    let key = key();
    let mut waiting = std::pin::pin!(cache.get(&key, slow));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    let asking = || Arc::clone(&server).token();
    let other = cache.get(&TokenKey::of(&["other"]), asking).await;
    assert_eq!(&*other.unwrap(), "1");
    answer.notify_one();
    assert_eq!(&*waiting.await.unwrap(), "2");
}
