//! The one call that writes several items at once, and what its answers mean.

use std::fmt;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::TransactWriteItem;

use super::{Table, unavailable};
use crate::dynamodb::items::RESOURCE_ACTION;
use crate::error::StoreError;

/// What became of a transaction that was not an error.
#[derive(Debug)]
pub(in super::super) enum CommitOutcome {
    /// It is made.
    Committed,
    /// It is not, because somebody else changed the space or is about to.
    Lost,
    /// It is not: the table had no capacity left.
    Throttled(StoreError),
    /// It is not: the version is the one it was decided on, but the resource's item is there where there should be
    /// none, or is gone.
    Inconsistent,
}

impl Table {
    /// Makes a transaction.
    pub(in super::super) async fn commit(
        &self,
        actions: Vec<TransactWriteItem>,
    ) -> Result<CommitOutcome, StoreError> {
        // The SDK gives every call a token of its own, so that a repetition after a lost answer is not made twice.
        let call = self
            .client
            .transact_write_items()
            .set_transact_items(Some(actions));
        match call.send().await {
            Ok(_) => Ok(CommitOutcome::Committed),
            Err(err) => refusal(err),
        }
    }
}

fn refusal<R>(err: SdkError<TransactWriteItemsError, R>) -> Result<CommitOutcome, StoreError>
where
    R: fmt::Debug + Send + Sync + 'static,
{
    let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = err.as_service_error() else {
        return Err(unavailable(err));
    };
    let codes: Vec<_> = canceled
        .cancellation_reasons()
        .iter()
        .map(|reason| reason.code().unwrap_or("None"))
        .collect();
    let failed = |at: usize| {
        codes
            .get(at)
            .is_some_and(|code| *code == "ConditionalCheckFailed")
    };
    let is_contention = |code: &&str| matches!(*code, "ConditionalCheckFailed" | "TransactionConflict");
    let is_throttle = |code: &&str| matches!(*code, "ThrottlingError" | "ProvisionedThroughputExceeded");
    if codes.iter().any(is_throttle) {
        Ok(CommitOutcome::Throttled(unavailable(err)))
    } else if failed(RESOURCE_ACTION) && !failed(0) {
        Ok(CommitOutcome::Inconsistent)
    } else if codes.iter().any(is_contention) {
        Ok(CommitOutcome::Lost)
    } else {
        Err(unavailable(err))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::CancellationReason;
    use aws_sdk_dynamodb::types::error::{TransactionCanceledException, TransactionInProgressException};

    use super::*;

    fn canceled(codes: &[&str]) -> SdkError<TransactWriteItemsError, ()> {
        let reasons = codes
            .iter()
            .map(|code| CancellationReason::builder().code(*code).build())
            .collect();
        let canceled = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons));
        let canceled = TransactWriteItemsError::TransactionCanceledException(canceled.build());
        SdkError::service_error(canceled, ())
    }

    #[test]
    fn refusals() {
        const FAILED: &str = "ConditionalCheckFailed";
        const CONFLICT: &str = "TransactionConflict";
        const NONE: &str = "None";
        for (codes, want) in [
            (vec![FAILED, NONE, NONE], "Lost"),
            (vec![FAILED, NONE, FAILED, FAILED], "Lost"),
            (vec![NONE, NONE, NONE, FAILED], "Lost"),
            (vec![CONFLICT, NONE, NONE], "Lost"),
            (vec![NONE, NONE, CONFLICT], "Lost"),
            (vec![NONE, NONE, FAILED], "Inconsistent"),
            (vec!["ThrottlingError", NONE, NONE], "Throttled"),
            (vec![FAILED, "ProvisionedThroughputExceeded", NONE], "Throttled"),
        ] {
            let outcome = format!("{:?}", refusal(canceled(&codes)).unwrap());
            assert!(outcome.starts_with(want), "{outcome} for {codes:?}");
        }
        let in_progress = TransactionInProgressException::builder().build();
        let unknown = TransactWriteItemsError::TransactionInProgressException(in_progress);
        for err in [
            canceled(&["ValidationError", NONE]),
            canceled(&[]),
            SdkError::service_error(unknown, ()),
            SdkError::timeout_error("no answer"),
        ] {
            let err = refusal(err).unwrap_err();
            assert!(matches!(err, StoreError::Unavailable { .. }), "{err:?}");
        }
    }
}
