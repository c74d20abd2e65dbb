//! Results of the entries of a batch whose service names each by the id that it was sent with: its index.

use bytes::Bytes;

use super::AwsFailure;

/// What became of each entry, as far as it is known.
pub(crate) struct EntryResults(Vec<Option<Result<Bytes, AwsFailure>>>);

impl EntryResults {
    /// Nothing is known of so many entries.
    pub(crate) fn of(entries: usize) -> Self {
        Self(vec![None; entries])
    }

    /// Notes a result. Ids that nobody sent are left out.
    pub(crate) fn set(&mut self, id: &str, result: Result<Bytes, AwsFailure>) {
        let place = id.parse().ok().and_then(|index: usize| self.0.get_mut(index));
        if let Some(place) = place {
            *place = Some(result);
        }
    }
}

impl From<EntryResults> for Vec<Result<Bytes, AwsFailure>> {
    /// An entry that the answer leaves out may have been taken or not.
    fn from(results: EntryResults) -> Self {
        let silent = || Err(AwsFailure::passing("AWS said nothing of this entry of a batch"));
        let results = results.0.into_iter();
        results.map(|result| result.unwrap_or_else(silent)).collect()
    }
}
