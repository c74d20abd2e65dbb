//! A compiled event pattern: leaves, all of which or one of which have to pass.

use super::conjunction::Conjunction;
use crate::Requirement;
use crate::anchors::of_any;
use crate::reading::Place;
use crate::steps::Steps;

/// What has to hold at one place of an event.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// All, which have nothing to do with each other outside of arrays at this place.
    All(Box<[Node]>),
    /// At least one.
    Any(Box<[Node]>),
    /// These leaves.
    Leaves(Conjunction),
    /// This, at the place of a key. Nothing in it is well with no value.
    Below(Box<str>, Box<Node>),
}

impl Node {
    /// Whether it holds at a place: outside of arrays there, or in an element.
    pub(super) fn passes(&self, place: &Place<'_>, steps: &Steps) -> bool {
        if place.elements().is_empty() {
            return self.passes_directly(place, steps);
        }
        match self {
            Self::Leaves(leaves) => leaves.passes(place, steps),
            Self::Any(nodes) => nodes.iter().any(|node| node.passes(place, steps)),
            Self::All(nodes) => all_pass(&nodes.iter().collect::<Vec<_>>(), place, steps),
            Self::Below(..) => all_pass(&[self], place, steps),
        }
    }

    fn passes_directly(&self, place: &Place<'_>, steps: &Steps) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.passes_directly(place, steps)),
            Self::Any(nodes) => nodes.iter().any(|node| node.passes_directly(place, steps)),
            Self::Leaves(leaves) => leaves.passes_directly(place, steps),
            Self::Below(key, node) => place.child(key).is_some_and(|child| node.passes(child, steps)),
        }
    }

    /// What holds for every event that passes.
    pub(super) fn requirements(&self) -> Vec<Requirement> {
        match self {
            Self::All(nodes) => nodes.iter().flat_map(Self::requirements).collect(),
            Self::Any(nodes) => of_any(nodes.iter().map(Self::requirements).collect()),
            Self::Leaves(leaves) => leaves
                .leaves
                .iter()
                .filter_map(|leaf| leaf.requirement())
                .collect(),
            Self::Below(_, node) => node.requirements(),
        }
    }
}

/// Whether all hold: what does not outside of arrays has to in one element, together.
fn all_pass(nodes: &[&Node], place: &Place<'_>, steps: &Steps) -> bool {
    let left: Vec<&Node> = (nodes.iter().copied())
        .filter(|node| !node.passes_directly(place, steps))
        .collect();
    left.is_empty()
        || place
            .elements()
            .iter()
            .any(|element| all_pass(&left, element, steps))
}
