//! Decisions that are kept: for whom they answer, for how long, and how many there are.

use domain::resource::Resource as _;
use http::HeaderName;
use http::header::HeaderValue;
use proptest::prelude::*;

use super::*;

fn function(space: &str, id: &str, seconds: u32) -> Arc<Function> {
    let body = format!(
        r#"{{"functionId":"{id}","type":"http","provider":{{"url":"http://h"}},"authorizerCache":{{"header":"X-Key","ttlSeconds":{seconds}}}}}"#
    );
    Arc::new(Function::decode(&space.into(), None, body.as_bytes()).unwrap())
}

fn headers(values: &[&str]) -> HeaderMap {
    let name = HeaderName::from_static("x-key");
    values
        .iter()
        .map(|value| (name.clone(), HeaderValue::from_str(value).unwrap()))
        .collect()
}

const ASKED: Asked<'static> = Asked {
    event_type: "e",
    method: "POST",
    path: "/p",
};

fn key(function: &Arc<Function>, value: &str) -> DecisionKey {
    DecisionKey::of(function, ASKED, &headers(&[value])).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "it is one of two decisions")]
fn allowed(principal: &str) -> Decided {
    Ok(Authorization {
        principal_id: principal.to_owned(),
        context: None,
    })
}

fn principal(decided: Option<Decided>) -> Option<String> {
    decided.map(|decided| decided.unwrap().principal_id)
}

fn cache() -> DecisionCache {
    DecisionCache::new(DecisionCacheLimits::default())
}

#[test]
fn a_decision_is_used_again_until_its_time_is_over() {
    let (cache, function) = (cache(), function("one", "f", 10));
    let first = key(&function, "k");
    let asked = first.asked;
    cache.keep(first, allowed("p"), 0);
    let later = |seconds| DecisionKey {
        asked: Moment {
            monotonic: asked.monotonic + Duration::from_secs(seconds),
            wall: asked.wall + Duration::from_secs(seconds),
        },
        ..key(&function, "k")
    };
    assert_eq!(principal(cache.get(&later(9))).as_deref(), Some("p"));
    assert!(cache.get(&later(10)).is_none());
    assert_eq!(cache.lock().in_all, 0);
    // A clock that was set back tells nothing.
    cache.keep(later(0), allowed("p"), 0);
    let earlier = DecisionKey {
        asked: Moment {
            wall: asked.wall - Duration::from_secs(1),
            ..asked
        },
        ..key(&function, "k")
    };
    assert!(cache.get(&earlier).is_none());
}

#[test]
fn denials_are_decisions() {
    let (cache, function) = (cache(), function("one", "f", 10));
    let refusal = Arc::new(AuthorizerRefusal::Unauthorized { challenge: None });
    cache.keep(key(&function, "k"), Err(refusal.clone()), 0);
    let found = cache.get(&key(&function, "k")).unwrap().unwrap_err();
    assert!(Arc::ptr_eq(&found, &refusal));
}

#[test]
fn a_function_that_is_registered_anew_decides_anew() {
    let cache = cache();
    let before = function("one", "f", 10);
    cache.keep(key(&before, "k"), allowed("p"), 0);
    let after = Arc::new(Function::clone(&before));
    assert!(cache.get(&key(&after, "k")).is_none());
    // Nor does the one of before answer again.
    assert!(cache.get(&key(&before, "k")).is_none());
}

#[test]
fn who_shows_nothing_is_asked_about_each_time() {
    let function = function("one", "f", 10);
    assert!(DecisionKey::of(&function, ASKED, &headers(&[])).is_none());
    assert!(DecisionKey::of(&function, ASKED, &headers(&[""])).is_none());
    let without = Function {
        authorizer_cache: None,
        ..Function::clone(&function)
    };
    assert!(DecisionKey::of(&Arc::new(without), ASKED, &headers(&["k"])).is_none());
}

#[test]
fn what_is_shown_is_not_kept() {
    let (cache, function) = (cache(), function("one", "f", 10));
    let key = key(&function, "a-secret");
    let shown = format!("{key:?}{cache:?}");
    assert!(!shown.contains("secret"), "{shown}");
    assert!(!key.digest.windows(8).any(|bytes| bytes == b"a-secret"));
}

#[test]
fn a_space_has_so_many_and_gives_way_when_it_has_the_most() {
    let cache = DecisionCache::new(DecisionCacheLimits {
        per_space: 6,
        in_all: 8,
    });
    let (large, small) = (function("large", "f", 10), function("small", "f", 10));
    for number in 0..20 {
        cache.keep(key(&large, &number.to_string()), allowed("p"), 0);
    }
    assert_eq!(cache.lock().in_all, 6);
    assert!(cache.get(&key(&large, "13")).is_none());
    assert!(cache.get(&key(&large, "14")).is_some());
    for number in 0..4 {
        cache.keep(key(&small, &number.to_string()), allowed("p"), 0);
    }
    assert_eq!(cache.lock().in_all, 8);
    for number in 0..4 {
        assert!(cache.get(&key(&small, &number.to_string())).is_some(), "{number}");
    }
    assert!(cache.get(&key(&large, "19")).is_some());
}

#[test]
fn large_decisions_count_as_several() {
    let cache = DecisionCache::new(DecisionCacheLimits {
        per_space: 32,
        in_all: 64,
    });
    let one = function("one", "f", 10);
    for number in 0..10 {
        cache.keep(key(&one, &number.to_string()), allowed("p"), MOST_ANSWER);
    }
    let kept = |number: usize| cache.get(&key(&one, &number.to_string())).is_some();
    assert_eq!((0..10).filter(|number| kept(*number)).collect::<Vec<_>>(), [8, 9]);
    assert_eq!(cache.lock().in_all, 32);
    // In place of another.
    cache.keep(key(&one, "9"), allowed("p"), 1);
    assert_eq!(cache.lock().in_all, 17);
}

#[test]
fn many_spaces_give_way_in_little_time() {
    let fill = |spaces: usize| {
        let cache = DecisionCache::new(DecisionCacheLimits {
            per_space: 2,
            in_all: spaces,
        });
        let functions: Vec<_> = (0..2 * spaces)
            .map(|number| function(&format!("space{number}"), "f", 10))
            .collect();
        (cache, functions)
    };
    scaling::assert_linear("spaces", 200, fill, |(cache, functions)| {
        for function in functions {
            cache.keep(key(function, "k"), allowed("p"), 0);
        }
    });
}

/// Space, authorizer, event type, method, path and what the request shows.
type Request = (u8, u8, u8, u8, u8, Vec<u8>);

fn request() -> impl Strategy<Value = Request> {
    (
        0..3u8,
        0..2u8,
        0..2u8,
        0..2u8,
        0..2u8,
        prop::collection::vec(0..3u8, 1..3),
    )
}

proptest! {
    #[test]
    fn a_decision_answers_for_the_very_same_only(requests in prop::collection::vec(request(), 1..40)) {
        let functions: Vec<Vec<_>> = ["one", "two", "three"]
            .map(|space| ["f", "g"].map(|id| function(space, id, 3600)).into())
            .into();
        let cache = cache();
        let mut known: Vec<Request> = Vec::new();
        for request in requests {
            let (space, authorizer, event_type, method, path, shown) = &request;
            let function = &functions[usize::from(*space)][usize::from(*authorizer)];
            let asked = Asked {
                event_type: ["e", "ee"][usize::from(*event_type)],
                method: ["GET", "POST"][usize::from(*method)],
                path: ["/", "/e"][usize::from(*path)],
            };
            let shown: Vec<_> = shown.iter().map(|number| ["a", "b", "ab"][usize::from(*number)]).collect();
            let key = DecisionKey::of(function, asked, &headers(&shown)).unwrap();
            let name = format!("{request:?}");
            let found = principal(cache.get(&key));
            prop_assert_eq!(found, known.contains(&request).then(|| name.clone()));
            cache.keep(key, allowed(&name), 0);
            known.push(request);
        }
    }
}
