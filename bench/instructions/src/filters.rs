//! Finding the one subscription among many with filters on the same path that an event reaches.

use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use domain::configuration::{Change, Stored};
use domain::event::{Event, FilterSubject};
use domain::resource::{Resource as _, Subscription};
use domain::routing::{PathOwnership, RoutingTable};

use crate::events::structured_event;
use crate::measured::measured_section;

const EVENT_TYPE: &str = "order.created";
const PATH: &str = "/orders";

/// How many filters there are, of all dialects and operators that the index knows, in turns.
const FILTERS: usize = 1_000;

/// Events that are matched in turns, so that no single one has all of its answer in the nearest cache.
const EVENTS: usize = 64;

/// Filter `number`, which an event of the same number passes, and no other.
fn filters(number: usize) -> String {
    let template = match number % 5 {
        0 => r#"[{"exact":{"subject":"tenants/NUMBER/orders/77","datacontenttype":"application/json"}}]"#,
        1 => r#"[{"sql":"source = '/shops/NUMBER' AND subject LIKE 'tenants/%'"}]"#,
        2 => {
            r#"[{"pattern":{"data":{"customer":{"id":["c-NUMBER"]},"order":{"amount":[{"numeric":[">",100,"<=",500]}]}}}}]"#
        }
        3 => r#"[{"prefix":{"subject":"tenants/NUMBER/"}}]"#,
        _ => {
            r#"[{"pattern":{"source":["/shops/NUMBER"],"data":{"order":{"status":[{"anything-but":["cancelled","refunded"]}]}}}}]"#
        }
    };
    template.replace("NUMBER", &number.to_string())
}

/// Event `number`, of some 500 bytes.
fn event(number: usize) -> Result<Event> {
    structured_event(format!(
        r#"{{"specversion":"1.0","id":"5b0b4c8e-4d2b-4f1c-9d59-1f0a6f0c7a11","type":"{EVENT_TYPE}","source":"/shops/{number}","subject":"tenants/{number}/orders/77","time":"2026-11-30T08:00:00Z","datacontenttype":"application/json","data":{{"order":{{"id":"o-77","amount":129.5,"currency":"EUR","status":"paid","lines":[{{"sku":"A-1","count":2}},{{"sku":"B-7","count":1}}]}},"customer":{{"id":"c-{number}","name":"Ada Lovelace","country":"DE","tags":["vip","newsletter"]}},"total":129.5}}}}"#
    ))
}

/// Matches events, each of which passes the filters of one subscription of a thousand.
pub(crate) fn one_of_many(iterations: u32) -> Result<()> {
    let mut table = RoutingTable::new(PathOwnership::Shared);
    for number in 0..FILTERS {
        let body = format!(
            r#"{{"type":"async","eventType":"{EVENT_TYPE}","functionId":"f","path":"{PATH}","method":"POST","filters":{}}}"#,
            filters(number)
        );
        let decoded = Subscription::decode(&"default".into(), None, body.as_bytes())?;
        let resource = Arc::new(Subscription {
            subscription_id: number.to_string().into(),
            ..decoded
        });
        let created = number as u64;
        table.apply(&Change {
            before: None,
            after: Some(Stored { resource, created }),
        });
    }
    let numbers = (0..EVENTS).map(|part| part * (FILTERS / EVENTS) / 5 * 5 + part % 5);
    let events: Vec<Event> = numbers.map(event).collect::<Result<_>>()?;
    let mut events = events.iter().cycle();
    measured_section(iterations, &mut || {
        let event = events.next().context("there is no event")?;
        let routes = black_box(&table).routes(EVENT_TYPE, "POST", PATH);
        let routes = table.select(routes, &FilterSubject::of(black_box(event)));
        ensure!(
            routes.asynchronous.len() == 1,
            "an event passes the filters of one subscription"
        );
        Ok(())
    })
}
