//! Items of dead letters that nobody put so: they are named, and take nothing else down.

use super::dead_letters::{SPACE, all, dead_letter, random_text, store};
use super::{TestTable, text};
use crate::log;

#[tokio::test]
async fn garbage_is_named_and_left_out() {
    const SECRET: &str = "hunter3";

    log::keep();
    let table = TestTable::create().await;
    let store = store(&table);
    let key = |time: u64, id: &str| format!("{time:020}#{id}");
    let pointers = "DEADLETTERS#default";
    let sound: Vec<_> = (0..3)
        .map(|number| dead_letter(&format!("d{number}"), "s", 1_700_000_000_000 + number, SECRET))
        .collect();
    for letter in &sound {
        store.put_dead_letter(letter).await.unwrap();
    }
    // Pointers without a delivery, to a delivery that there is none of, and to one that is elsewhere.
    for (sk, delivery) in [
        (key(1, "blank"), None),
        (key(2, "dangling"), Some("dangling")),
        (key(1_700_000_000_001, "a"), Some("d2")),
    ] {
        let delivery = delivery.map(|id| ("delivery", text(id)));
        let attributes = [("pk", text(pointers)), ("sk", text(sk)), ("junk", text(SECRET))];
        table.put(attributes.into_iter().chain(delivery)).await;
    }
    // One whose head cannot be read, one whose parts are not those of its head, and items that are nothing.
    let broken = dead_letter("broken", "s", 1_700_000_000_001, SECRET);
    let torn = dead_letter("torn", "s", 1_700_000_000_001, &random_text(700_000));
    for letter in [&broken, &torn] {
        store.put_dead_letter(letter).await.unwrap();
    }
    let (broken_pk, torn_pk) = (
        "DEADLETTERS#default#DELIVERY#broken",
        "DEADLETTERS#default#DELIVERY#torn",
    );
    let junk = [
        ("pk", text(broken_pk)),
        ("sk", text("0000")),
        ("data", text(SECRET)),
    ];
    table.put(junk).await;
    let data = table.attribute(torn_pk, "0000", "data").await.unwrap();
    table
        .put([("pk", text(torn_pk)), ("sk", text("0001")), ("data", data)])
        .await;
    for sk in ["!", "00000", "1"] {
        table
            .put([("pk", text("DEADLETTERS#default#DELIVERY#d1")), ("sk", text(sk))])
            .await;
    }

    for limit in [1, 2, 100] {
        assert_eq!(all(&store, None, limit).await, sound, "{limit}");
        assert_eq!(all(&store, Some("s"), limit).await, sound, "{limit}");
    }
    for (id, key) in [("broken", broken_pk), ("torn", torn_pk)] {
        let err = store.dead_letter(&SPACE.into(), &id.into()).await.unwrap_err();
        assert_eq!(
            err.to_string(),
            format!("stored configuration {key}/0000 cannot be read")
        );
        assert!(!format!("{err:?}").contains(SECRET), "{err:?}");
        assert!(!log::lines_with(&format!("{key}/0000")).is_empty(), "{key}");
    }
    assert!(!log::lines_with(&key(1, "blank")).is_empty());
    assert!(!log::lines_with("delivery=dangling").is_empty());
    assert!(log::lines_with(SECRET).is_empty());

    // What cannot be read does not stand in the way of a new one.
    store.put_dead_letter(&broken).await.unwrap();
    let read = store.dead_letter(&SPACE.into(), &"broken".into()).await.unwrap();
    assert_eq!(read, Some(broken));
    table.delete().await;
}
