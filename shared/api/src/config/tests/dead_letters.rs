//! Dead letters are listed page by page, deleted, and queued again.

use super::*;

const DEAD_LETTERS: &str = "/v1/spaces/default/deadletters";

async fn with_dead_letters() -> Api {
    let api = Api::start();
    api.let_die("default", "one", 1..=3).await;
    api.let_die("default", "two", 1..=2).await;
    api.let_die("other", "one", 9..=9).await;
    api
}

async fn ids(api: &Api, query: &str) -> Vec<String> {
    let list = api.get(&format!("{DEAD_LETTERS}{query}")).await;
    assert_eq!(list.status, 200, "{}", list.body);
    list.all("deadLetters", "deliveryId")
}

#[tokio::test]
async fn an_empty_list_is_a_list() {
    let api = Api::start();
    let list = api.get(DEAD_LETTERS).await;
    assert_eq!(
        (list.status, list.body.to_string()),
        (200, r#"{"deadLetters":[]}"#.into())
    );
}

#[tokio::test]
async fn pages_hold_every_dead_letter_once() {
    let api = with_dead_letters().await;
    let all = ["one-1", "one-2", "one-3", "two-1", "two-2"];
    assert_eq!(ids(&api, "").await, all);
    for limit in 1..=6 {
        let mut seen = Vec::new();
        let mut next = String::new();
        loop {
            let page = api.get(&format!("{DEAD_LETTERS}?limit={limit}{next}")).await;
            let found = page.all("deadLetters", "deliveryId");
            assert!(found.len() <= limit, "{found:?}");
            seen.extend(found);
            let Some(after) = page.body["next"].as_str() else {
                break;
            };
            let encoded =
                percent_encoding::utf8_percent_encode(after, percent_encoding::NON_ALPHANUMERIC).to_string();
            assert!(next != format!("&next={encoded}"), "the same page again");
            next = format!("&next={encoded}");
        }
        assert_eq!(seen, all, "limit {limit}");
    }
    assert_eq!(ids(&api, "?subscriptionId=two").await, ["two-1", "two-2"]);
    assert!(ids(&api, "?subscriptionId=three").await.is_empty());
}

#[tokio::test]
async fn one_is_shown_whole() {
    let api = with_dead_letters().await;
    let one = api.get(&format!("{DEAD_LETTERS}/one-2")).await;
    assert_eq!(one.status, 200);
    for (member, want) in [
        ("space", Value::from("default")),
        ("subscriptionId", "one".into()),
        ("functionId", "f".into()),
        ("reason", "attemptsExhausted".into()),
        ("error", "it said no".into()),
        ("attempts", 3.into()),
        ("acceptedAt", 1002.into()),
        ("deadAt", 1012.into()),
    ] {
        assert_eq!(one.body[member], want, "{member}");
    }
    assert_eq!(one.body["event"]["data"]["a"], 1);
    for path in ["one-9", "redriven", "x%22y"] {
        let missing = api.get(&format!("{DEAD_LETTERS}/{path}")).await;
        assert_eq!(missing.status, 404, "{path}");
    }
    let missing = api.get(&format!("{DEAD_LETTERS}/x%22y")).await;
    assert_eq!(missing.message(), r#"Dead letter "x\"y" not found."#);
}

#[tokio::test]
async fn events_can_be_left_out() {
    let api = with_dead_letters().await;
    let list = api.get(&format!("{DEAD_LETTERS}?events=false&limit=2")).await;
    assert_eq!(list.all("deadLetters", "deliveryId"), ["one-1", "one-2"]);
    let first = &list.body["deadLetters"][0];
    assert_eq!(
        (&first["eventId"], &first["eventType"], &first["error"]),
        (&"1".into(), &"e".into(), &"it said no".into())
    );
    assert_eq!(first["event"], Value::Null);
    let whole = api.get(&format!("{DEAD_LETTERS}?events=true&limit=1")).await;
    let whole = &whole.body["deadLetters"][0];
    assert_eq!(whole["event"]["id"], "1");
    let next = list.body["next"].as_str().unwrap();
    let rest = ids(&api, &format!("?events=false&next={next}")).await;
    assert_eq!(rest, ["one-3", "two-1", "two-2"]);
}

#[tokio::test]
async fn one_is_deleted_once() {
    let api = with_dead_letters().await;
    let path = format!("{DEAD_LETTERS}/one-2");
    let deleted = api.send("DELETE", &path, "").await;
    assert_eq!((deleted.status, deleted.body), (204, Value::Null));
    assert_eq!(deleted.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(api.send("DELETE", &path, "").await.status, 404);
    assert_eq!(ids(&api, "").await, ["one-1", "one-3", "two-1", "two-2"]);
}

#[tokio::test]
async fn those_of_a_subscription_or_all_are_deleted() {
    let api = with_dead_letters().await;
    let purged = api
        .send("DELETE", &format!("{DEAD_LETTERS}?subscriptionId=one"), "")
        .await;
    assert_eq!(
        (purged.status, purged.body.to_string()),
        (200, r#"{"deleted":3}"#.into())
    );
    assert_eq!(ids(&api, "").await, ["two-1", "two-2"]);
    let all = format!("{DEAD_LETTERS}?all=true");
    for (path, body, want) in [
        (DEAD_LETTERS, r#"{"deliveryId":"two-1"}"#, 1),
        (DEAD_LETTERS, r#"{"all":true}"#, 1),
        (&*all, "", 0),
    ] {
        assert_eq!(
            api.send("DELETE", path, body).await.body["deleted"],
            want,
            "{body}"
        );
    }
    let other = api.get("/v1/spaces/other/deadletters").await;
    assert_eq!(other.all("deadLetters", "deliveryId"), ["one-9"]);
}

#[tokio::test]
async fn requests_that_are_not_understood_delete_nothing() {
    let api = with_dead_letters().await;
    for (query, want) in [
        ("", 400),
        ("?all=1", 400),
        ("?all=true&subscriptionId=one", 400),
        ("?deliveryId=one-9", 404),
        ("?subscriptionId=", 400),
        ("?subscriptionID=one", 400),
        ("?subscriptionId=%zz", 400),
        ("?limit=1", 400),
        ("/", 404),
        ("/?subscriptionId=one", 404),
    ] {
        let path = format!("{DEAD_LETTERS}{query}");
        assert_eq!(api.send("DELETE", &path, "").await.status, want, "{path}");
    }
    for body in [
        "{}",
        r#"{"subscription":"one"}"#,
        r#"{"all":true,"functionId":"f"}"#,
        r#"{"all":false}"#,
        r#"{"limit":1,"all":true}"#,
        "one",
    ] {
        let refused = api.send("DELETE", DEAD_LETTERS, body).await;
        assert_eq!(refused.status, 400, "{body}");
    }
    let twice = format!("{DEAD_LETTERS}?subscriptionId=one");
    let refused = api.send("DELETE", &twice, r#"{"subscriptionId":"two"}"#).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert_eq!(ids(&api, "").await.len(), 5);
}

#[tokio::test]
async fn queries_that_are_refused() {
    let api = Api::start();
    for query in [
        "limit=0", "limit=x", "limit=", "next=", "offset=1", "events=", "events=1",
    ] {
        let refused = api.get(&format!("{DEAD_LETTERS}?{query}")).await;
        assert_eq!(refused.status, 400, "{query}");
        refused.message();
    }
}

async fn redrive(api: &Api, body: &str) -> (u16, String) {
    let answer = api.send("POST", &format!("{DEAD_LETTERS}/redrive"), body).await;
    (answer.status, answer.body.to_string())
}

#[tokio::test]
async fn one_is_queued_again_under_its_id() {
    let api = with_dead_letters().await;
    let done = redrive(&api, r#"{"deliveryId":"one-2","limit":1}"#).await;
    assert_eq!(done, (200, r#"{"more":false,"redriven":1}"#.into()));
    let received = api.queue.receive().await.unwrap();
    let [delivery] = received.deliveries.as_slice() else {
        panic!("{received:?}")
    };
    assert_eq!(
        (
            delivery.id.as_str(),
            delivery.subscription.as_str(),
            delivery.attempts
        ),
        ("one-2", "one", 0)
    );
    assert_eq!(ids(&api, "").await, ["one-1", "one-3", "two-1", "two-2"]);
    let (status, body) = redrive(&api, r#"{"deliveryId":"one-2"}"#).await;
    assert_eq!(status, 404, "{body}");
}

#[tokio::test]
async fn those_of_a_subscription_or_all_are_queued_again() {
    let api = with_dead_letters().await;
    let done = redrive(&api, r#"{"subscriptionId":"one","limit":2}"#).await;
    assert_eq!(done, (200, r#"{"more":true,"redriven":2}"#.into()));
    assert_eq!(ids(&api, "").await, ["one-3", "two-1", "two-2"]);
    assert_eq!(
        redrive(&api, r#"{"all":true}"#).await,
        (200, r#"{"more":false,"redriven":3}"#.into())
    );
    let in_query = format!("{DEAD_LETTERS}/redrive?all=true&limit=5");
    let done = api.send("POST", &in_query, "").await;
    assert_eq!(
        (done.status, done.body.to_string()),
        (200, r#"{"more":false,"redriven":0}"#.into())
    );
    assert_eq!(api.queue.backlog(), 5);
    let other = api.get("/v1/spaces/other/deadletters").await;
    assert_eq!(other.all("deadLetters", "deliveryId"), ["one-9"]);
}

#[tokio::test]
async fn redrives_that_are_refused_queue_nothing() {
    let api = with_dead_letters().await;
    for body in [
        r#"{"deliveryId":"one-1","subscriptionId":"one"}"#,
        r#"{"deliveryId":""}"#,
        r#"{"limit":0}"#,
        r#"{"limit":1}"#,
        r#"{"functionId":"f"}"#,
        r#"{"all":true,"deliveryId":"one-1"}"#,
        "",
        "{}",
        "[]",
        "all",
    ] {
        assert_eq!(redrive(&api, body).await.0, 400, "{body}");
    }
    assert_eq!(ids(&api, "").await.len(), 5);
    assert_eq!(api.queue.backlog(), 0);
}
