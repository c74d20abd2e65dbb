//! Weighted functions (docs/contract.md §7.6): each delivery goes to one of several functions of the same space, and all of
//! its attempts to the same one.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Destination, Members, ProviderError, ProviderSettings, ResponseMode};
use crate::ids::{DeliveryId, FunctionId};
use crate::json::{JsonError, Object, elements_within};
use crate::resource::{SecretMembers, TargetUrl};

#[cfg(test)]
mod tests;

/// Most functions that one weighted function has: each delivery looks through them.
const MOST_FUNCTIONS: usize = 256;

/// Functions and the shares of deliveries that they get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Weighted {
    /// The functions; their weights do not sum to zero.
    #[schema(min_items = 1)]
    pub weighted: Vec<WeightedFunction>,
    /// Whether the other functions are tried, in their order, where the chosen one fails.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failover: bool,
}

/// One of the functions of a [`Weighted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WeightedFunction {
    /// The function, which exists when it is named.
    #[schema(value_type = String)]
    pub function_id: FunctionId,
    /// Its share of the sum of all weights.
    pub weight: u32,
}

impl Weighted {
    /// The function that a delivery goes to; `None` only if there is none at all, which is never stored.
    ///
    /// The choice depends on nothing but the list and the id of the delivery, so that it is the same for every attempt,
    /// in every process and in every version of the gateway: the first eight bytes of the id's SHA-256, as a number of
    /// 64 bits, are scaled to the sum of all weights, and the first function whose running total is above that is
    /// chosen. No share is off by more than the sum in 2^64. Whoever changes a list moves deliveries that are being
    /// tried again.
    pub fn choose(&self, delivery: &DeliveryId) -> Option<&WeightedFunction> {
        // No list of weights of 32 bits is long enough to leave 64 bits.
        let sum: u64 = self.weighted.iter().map(|entry| u64::from(entry.weight)).sum();
        let mut place = scaled(delivery, sum);
        let chosen = self.weighted.iter().find(|entry| {
            let weight = u64::from(entry.weight);
            let is_it = place < weight;
            place = place.saturating_sub(weight);
            is_it
        });
        chosen.or_else(|| self.weighted.first())
    }

    fn entry(object: &Object<'_>) -> Result<WeightedFunction, JsonError> {
        let weight = object.integer("weight")?.unwrap_or_default();
        Ok(WeightedFunction {
            function_id: object.string_or_empty("functionId")?.into(),
            weight: u32::try_from(weight).map_err(|_| JsonError::WrongType {
                found: "number",
                field: "weight".to_owned(),
                wanted: "uint",
            })?,
        })
    }
}

impl ProviderSettings for Weighted {
    fn title() -> &'static str {
        "weighted function"
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        // Without the list it is what the original answers to this type (docs/contract.md §1.11, C-067).
        let Some(raw) = members.raw("weighted") else {
            return Err(ProviderError::Unsupported("weighted".to_owned()));
        };
        let entries = elements_within(raw.get().as_bytes(), MOST_FUNCTIONS).map_err(|err| match err {
            JsonError::TooManyElements { .. } => ProviderError::Invalid {
                member: "weighted",
                reason: "must have at most 256 functions",
            },
            other => ProviderError::Malformed(other),
        })?;
        let weighted = entries
            .into_iter()
            .map(|raw| Self::entry(&Object::from_raw(raw, "weighted")?))
            .collect::<Result<Vec<_>, JsonError>>()
            .map_err(ProviderError::Malformed)?;
        if weighted.is_empty() || weighted.iter().any(|entry| entry.function_id.as_str().is_empty()) {
            return Err(members.missing("weighted"));
        }
        if weighted.iter().all(|entry| entry.weight == 0) {
            return Err(ProviderError::ZeroWeights);
        }
        Ok(Self {
            weighted,
            failover: members.flag("failover")?,
        })
    }

    fn secrets_mut(&mut self) -> SecretMembers<'_> {
        Vec::new()
    }

    fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
        Vec::new()
    }

    fn destinations(&self) -> Vec<Destination<'_>> {
        Vec::new()
    }

    fn check_own_credentials(&self) -> Result<(), ProviderError> {
        // Each of its functions is checked itself.
        Ok(())
    }

    fn is_connector(&self) -> bool {
        false
    }

    fn timeout_seconds(&self) -> Option<u32> {
        None
    }

    fn response_mode(&self) -> Option<ResponseMode> {
        None
    }
}

/// A number from 0 up to a sum that stays the same for a delivery.
fn scaled(delivery: &DeliveryId, sum: u64) -> u64 {
    let digest = Sha256::digest(delivery.as_str());
    let random = digest
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let scaled = (u128::from(random) * u128::from(sum)) >> 64;
    u64::try_from(scaled).unwrap_or_default()
}
