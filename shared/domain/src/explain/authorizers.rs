//! What authorizers say of an event that is explained: asked only where that is asked for, as it takes calls of functions.

use std::collections::{HashMap, HashSet};

use super::answer::{Explanation, Reason};
use super::asked::AuthorizerAnswer;
use crate::ids::FunctionId;

impl Explanation {
    /// The authorizers of the subscriptions that match, each once and in their order. One that does not exist cannot be
    /// asked.
    pub fn authorizers(&self) -> Vec<FunctionId> {
        let mut seen = HashSet::new();
        let matching = self.subscriptions.iter().filter(|explained| explained.matches);
        let is_missing = |reason: &Reason| matches!(reason, Reason::AuthorizerMissing { .. });
        let present = matching.filter(|explained| !explained.reasons.iter().any(is_missing));
        let named = present.filter_map(|explained| explained.authorizer.as_ref());
        named.filter(|id| seen.insert(*id)).cloned().collect()
    }

    /// The same with what authorizers have said.
    #[must_use]
    pub fn with_answers(mut self, answers: &HashMap<FunctionId, AuthorizerAnswer>) -> Self {
        for explained in self.subscriptions.iter_mut().filter(|it| it.matches) {
            let authorizer = explained.authorizer.as_ref();
            explained.authorization = authorizer.and_then(|id| answers.get(id)).cloned();
        }
        self
    }
}
