//! Chooses what filters hang on.

use super::{
    anchors::Anchors,
    place::{Place, Places},
};
use crate::{
    requirement::{Anchor, Requirement},
    wanted::{FieldId, Wanted},
};

/// What a place below `data` costs besides: the data of events that nobody wants is parsed for it.
const DATA: usize = 8;

/// The requirement that is expected to find the fewest events, and others with them.
pub(super) fn choose<K: Ord>(anchors: &Anchors<K>, wanted: &Wanted, requirements: &[Requirement]) -> Places {
    let best = requirements
        .iter()
        .filter_map(|requirement| places(anchors, wanted, requirement))
        .min_by_key(|places| {
            places
                .iter()
                .map(|&place| cost(anchors, place))
                .fold(0, usize::saturating_add)
        });
    best.map_or(Places::Residual, Places::of)
}

/// The places of all anchors, each once. `None` where there are none: nothing is known then.
fn places<K: Ord>(anchors: &Anchors<K>, wanted: &Wanted, requirement: &[Anchor]) -> Option<Vec<Place>> {
    let mut places = requirement
        .iter()
        .map(|anchor| {
            let field = field(wanted, &anchor.path)?;
            Some(anchors.place(field, is_data(&anchor.path), &anchor.test))
        })
        .collect::<Option<Vec<_>>>()?;
    places.sort_unstable();
    places.dedup();
    (!places.is_empty()).then_some(places)
}

/// The number of a path.
fn field(wanted: &Wanted, path: &str) -> Option<FieldId> {
    let mut keys = path.split('.');
    keys.try_fold(wanted, Wanted::child)?.field()
}

fn cost<K: Ord>(anchors: &Anchors<K>, place: Place) -> usize {
    (anchors.size(place) + 1) * place.lookup.weight() + if place.data { DATA } else { 0 }
}

/// Whether a path leads to `data`, which has to be parsed.
pub(super) fn is_data(path: &str) -> bool {
    path.strip_prefix("data")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
