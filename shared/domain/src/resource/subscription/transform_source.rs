//! Transforms as subscriptions have them: kept as they were sent, compiled elsewhere (docs/transforms.md).

use serde::{Deserialize, Serialize};

use super::SubscriptionType;
use crate::json::{Json, JsonError, Object, kind};
use crate::validation::Violations;

/// The languages of transforms. A transform has exactly one of them.
const LANGUAGES: [&str; 4] = ["jsonata", "inputTransformer", "inputPath", "input"];

/// A transform in one of the languages, as the JSON that it was sent as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TransformSource(Json);

impl TransformSource {
    /// The JSON of it.
    pub fn json(&self) -> &str {
        self.0.get()
    }

    /// Reads a member, and notes where it has not the form of a transform. Whether it can be compiled is not looked at.
    fn decode(
        resource: &Object<'_>,
        (member, field): (&str, &'static str),
        violations: &mut Violations,
    ) -> Result<Option<Self>, JsonError> {
        let Some(raw) = resource.get(member) else {
            return Ok(None);
        };
        let object = Object::from_raw(raw, member)?;
        let mut members = object.members().filter(|(_, value)| kind(value) != "null");
        let is_one = members
            .next()
            .is_some_and(|(name, _)| LANGUAGES.contains(&name) && members.next().is_none());
        violations.check(
            field,
            (!is_one).then_some("oneof=jsonata inputTransformer inputPath input"),
        );
        Ok(is_one.then(|| Self(Json::from_raw(raw))))
    }
}

/// The transforms of a subscription.
pub(super) struct Transforms {
    pub(super) transform: Option<TransformSource>,
    pub(super) answer_transform: Option<TransformSource>,
}

impl Transforms {
    /// Reads them, and notes what breaks a rule: only what answers has answers to transform.
    pub(super) fn decode(
        object: &Object<'_>,
        r#type: SubscriptionType,
        violations: &mut Violations,
    ) -> Result<Self, JsonError> {
        let transform = TransformSource::decode(object, ("transform", "Transform"), violations)?;
        let answer_transform =
            TransformSource::decode(object, ("answerTransform", "AnswerTransform"), violations)?;
        let is_in_vain = answer_transform.is_some() && r#type == SubscriptionType::Async;
        violations.check("AnswerTransform", is_in_vain.then_some("eq=sync"));
        Ok(Self {
            transform,
            answer_transform,
        })
    }
}
