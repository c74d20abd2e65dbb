//! Tokens under load, over time and with a server that fails. The clock of these tests is set by hand.

use std::cell::Cell;
use std::future::pending;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use domain::retry::FailureClass;
use tokio::sync::Notify;
use tokio::task::{JoinSet, yield_now};

use super::*;

thread_local! {
    static AHEAD: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// How far the clock of this test is ahead. A test runs on a thread of its own.
pub(super) fn ahead() -> Duration {
    AHEAD.get()
}

fn pass(seconds: u64) {
    AHEAD.set(AHEAD.get() + Duration::from_secs(seconds));
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
    async fn token(&self) -> Result<Token, InvokeError> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        yield_now().await;
        Ok(Token {
            text: number.to_string(),
            lifetime: Duration::from_secs(self.lifetime.load(Ordering::SeqCst)),
        })
    }

    async fn failure(&self) -> Result<Token, InvokeError> {
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
            let fetch = async {
                if fails {
                    server.failure().await
                } else {
                    server.token().await
                }
            };
            cache.get(&key(), fetch).await
        });
    }
    all.join_all().await
}

async fn token(cache: &TokenCache, server: &Server) -> String {
    cache.get(&key(), server.token()).await.unwrap().to_string()
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
    let other = cache.get(&TokenKey::of(&["ke", "y"]), server.token()).await;
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
    let old = tokens
        .iter()
        .filter(|token| &**token.as_ref().unwrap() == "1")
        .count();
    assert!((1..100).contains(&old), "{old} old tokens");
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
    }
    assert_eq!(server.asked(), 2, "one early look, and a pause");
    pass(5);
    assert_eq!(token(&cache, &server).await, "3");
}

#[tokio::test]
async fn an_early_look_that_hangs_is_given_up() {
    let (cache, server) = (TokenCache::default(), Server::new());
    assert_eq!(token(&cache, &server).await, "1");
    pass(85);
    assert_eq!(&*cache.get(&key(), pending()).await.unwrap(), "1");
    assert_eq!(&*cache.get(&key(), pending()).await.unwrap(), "1");
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
async fn another_call_takes_over_from_one_that_is_given_up() {
    let (cache, server) = (Arc::new(TokenCache::default()), Server::new());
    let started = Arc::new(Notify::new());
    let first = tokio::spawn({
        let (cache, started) = (Arc::clone(&cache), Arc::clone(&started));
        async move {
            let hanging = async {
                started.notify_one();
                pending().await
            };
            cache.get(&key(), hanging).await
        }
    });
    started.notified().await;
    let mut others = JoinSet::new();
    for _ in 0..100 {
        let (cache, server) = (Arc::clone(&cache), Arc::clone(&server));
        others.spawn(async move { token(&cache, &server).await });
    }
    yield_now().await;
    assert_eq!(server.asked(), 0);
    first.abort();
    assert!(others.join_all().await.into_iter().all(|token| token == "1"));
    assert_eq!(server.asked(), 1);
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
        let got = cache.get(&TokenKey::of(&[name]), server.token()).await;
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
