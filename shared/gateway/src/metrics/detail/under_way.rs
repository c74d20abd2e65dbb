//! The calls under way, by function, for whoever looks for what is wrong.

use std::cmp::Reverse;

use domain::foremost::foremost;
use domain::ids::Space;

use super::Detail;

/// Calls under way.
#[derive(Debug)]
pub(crate) struct CallsUnderWay {
    /// How many there are.
    pub(crate) count: u64,
    /// The functions with the most of them, those with more first.
    pub(crate) functions: Vec<(Space, String, u64)>,
}

impl Detail {
    /// The calls under way, with so many functions at the most. Functions without counts of their own are `other`.
    pub(crate) fn calls_under_way(&self, most: usize) -> CallsUnderWay {
        let all = self.functions.all().into_iter();
        let busy: Vec<_> = all
            .map(|(space, name, counts)| (space, name, counts.in_flight()))
            .filter(|(.., count)| *count > 0)
            .collect();
        let count = busy.iter().map(|(.., count)| count).sum();
        let order = |one: &(Space, _, u64)| Reverse(one.2);
        let busiest = foremost(busy, most, |a, b| {
            (order(a), &a.0, &a.1).cmp(&(order(b), &b.0, &b.1))
        });
        let named = busiest.into_iter();
        let functions = named.map(|(space, name, count)| (space, name.to_string(), count));
        CallsUnderWay {
            count,
            functions: functions.collect(),
        }
    }
}
