//! Dead letters while the table fails: what was put is there in full or not at all, and a repetition makes it whole.

use std::error::Error as _;
use std::iter::repeat_n;
use std::time::Duration;

use store::{DynamoDb, DynamoDbSettings, StoreError};

use super::TestTable;
use super::dead_letters::{all, dead_letter, items, random_text, store};
use super::faulty_client::{Fault, Plan, faulty_client};

const WRITE: &str = "TransactWriteItems";
const SECRET: &str = "hunter4";

fn faulty(table: &TestTable, plan: &Plan) -> DynamoDb {
    DynamoDb::new(faulty_client(&table.endpoint, plan), table.settings())
}

#[tokio::test]
async fn passing_faults_are_outlasted() {
    let table = TestTable::create().await;
    let plan = Plan::default();
    let store = faulty(&table, &plan);
    let letter = dead_letter("d", "s", 1_700_000_000_000, &random_text(500_000));
    for fault in [
        Fault::Throttled,
        Fault::Unavailable,
        Fault::TimedOut,
        Fault::AnswerLost,
        Fault::Canceled("TransactionConflict"),
        Fault::Canceled("ThrottlingError"),
        Fault::Canceled("ConditionalCheckFailed"),
        Fault::Canceled("ProvisionedThroughputExceeded"),
    ] {
        plan.add("GetItem", [Fault::TimedOut]);
        plan.add(WRITE, [fault, fault]);
        store.put_dead_letter(&letter).await.unwrap();
        plan.add("Query", [Fault::Throttled, Fault::TimedOut]);
        assert_eq!(
            all(&store, None, 5).await,
            std::slice::from_ref(&letter),
            "{fault:?}"
        );
        assert_eq!(items(&table).await, 4, "{fault:?}");
        plan.add(WRITE, [fault, fault]);
        store
            .delete_dead_letters(std::slice::from_ref(&letter))
            .await
            .unwrap();
        assert_eq!(items(&table).await, 0, "{fault:?}");
        assert!(plan.is_done(), "{fault:?}");
    }
    table.delete().await;
}

#[tokio::test]
async fn a_fault_that_stays_is_told_and_leaves_nothing_behind() {
    let table = TestTable::create().await;
    let plan = Plan::default();
    let settings = DynamoDbSettings {
        write_timeout: Duration::from_millis(500),
        ..table.settings()
    };
    let store = DynamoDb::new(faulty_client(&table.endpoint, &plan), settings);
    let letter = dead_letter("d", "s", 1_700_000_000_000, SECRET);
    for (fault, is_contended) in [
        (Fault::Canceled("TransactionConflict"), true),
        (Fault::Canceled("ThrottlingError"), false),
        (Fault::Canceled("ValidationError"), false),
        (Fault::TimedOut, false),
    ] {
        plan.add(WRITE, repeat_n(fault, 1000));
        let err = store.put_dead_letter(&letter).await.unwrap_err();
        plan.clear();
        assert_eq!(
            matches!(err, StoreError::Contended { .. }),
            is_contended,
            "{err:?}"
        );
        assert_eq!(err.source().is_none(), is_contended, "{err:?}");
        assert!(!format!("{err:?}").contains(SECRET), "{err:?}");
        assert_eq!(items(&table).await, 0);
    }
    store.put_dead_letter(&letter).await.unwrap();
    plan.add("Query", repeat_n(Fault::Throttled, 1000));
    let err = store
        .dead_letters(&letter.space, None, 5, None)
        .await
        .unwrap_err();
    assert!(matches!(err, StoreError::Unavailable { .. }), "{err:?}");
    let err = store
        .dead_letter(&letter.space, &letter.delivery_id)
        .await
        .unwrap_err();
    assert!(matches!(err, StoreError::Unavailable { .. }), "{err:?}");
    plan.clear();
    assert_eq!(all(&store, None, 5).await, [letter]);
    table.delete().await;
}

/// A dispatcher that dies puts nothing or everything; whoever takes the message next gives the delivery up at another time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_dies_in_between_leaves_one_dead_letter_after_the_next() {
    let table = TestTable::create().await;
    let data = random_text(800_000);
    let mut was_cut_off = 0;
    for round in 0..24_u64 {
        let first = dead_letter("d", "s", 1_700_000_000_000 + round * 10, &data);
        let dying = store(&table);
        let put = tokio::time::timeout(Duration::from_millis(round * 3), async move {
            dying.put_dead_letter(&first).await
        });
        was_cut_off += usize::from(put.await.is_err());
        let again = dead_letter("d", "s", 1_700_000_000_005 + round * 10, "small");
        let store = store(&table);
        store.put_dead_letter(&again).await.unwrap();
        // The call of who died may still be under way, and comes first or last: there is one in any case.
        for subscription in [None, Some("s")] {
            let listed = all(&store, subscription, 100).await;
            assert!(listed.len() <= 1, "round {round}");
        }
    }
    assert!(was_cut_off > 0, "nothing was cut off");
    let store = store(&table);
    let last = dead_letter("d", "s", 1_900_000_000_000, "last");
    store.put_dead_letter(&last).await.unwrap();
    assert_eq!(all(&store, Some("s"), 100).await, std::slice::from_ref(&last));
    store.delete_dead_letters(&[last]).await.unwrap();
    assert_eq!(items(&table).await, 0);
    table.delete().await;
}
