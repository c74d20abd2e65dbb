//! Data keys of AWS KMS, which the store in DynamoDB encrypts with: each is stored, encrypted by KMS, with what it
//! encrypts. KMS binds it to the table and the space, and so do its own logs.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_sdk_kms::Client;
use aws_sdk_kms::error::SdkError;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::ids::Space;

use super::{Seal, SealError, SealingKey};

/// How long a data key encrypts, and for how long one that was decrypted is kept: a key that is disabled in KMS is of use
/// for so long.
const LIFETIME: Duration = Duration::from_mins(5);
/// How many resources or snapshots one data key encrypts.
const MOST_USES: u32 = 1000;
/// Most keys that are kept.
const CAPACITY: usize = 1000;

/// A key of KMS.
#[derive(Debug, Clone)]
pub struct KmsKey {
    /// A client of the key's region.
    pub client: Client,
    /// Id, ARN or alias of a symmetric key.
    pub key_id: String,
    /// Name of the table that encrypted data is bound to, where it is not the table that is used: a restored table has
    /// another name than the one that its data was encrypted for.
    pub bound_to: Option<String>,
}

/// The data keys of a table.
#[derive(Clone)]
pub(crate) struct DataKeys(Arc<TableKeys>);

struct TableKeys {
    client: Client,
    key_id: String,
    table: String,
    kept: Mutex<KeptKeys>,
}

#[derive(Default)]
struct KeptKeys {
    /// What encrypts at present, by space.
    sealing: HashMap<Space, CurrentKey>,
    /// Keys that were got from KMS, and when, by space and seal.
    opening: HashMap<(Space, Seal), (Arc<SealingKey>, SystemTime)>,
}

struct CurrentKey {
    key: Arc<SealingKey>,
    since: SystemTime,
    uses: u32,
}

impl DataKeys {
    /// Those of a table. Does no I/O.
    pub(crate) fn new(key: KmsKey, table: &str) -> Self {
        let KmsKey {
            client,
            key_id,
            bound_to,
        } = key;
        Self(Arc::new(TableKeys {
            client,
            key_id,
            table: bound_to.unwrap_or_else(|| table.to_owned()),
            kept: Mutex::default(),
        }))
    }

    /// A key to encrypt something of a space with.
    pub(crate) async fn sealing(&self, space: &Space) -> Result<Arc<SealingKey>, SealError> {
        if let Some(key) = self.kept().current(space) {
            return Ok(key);
        }
        // Some of those that come at once may each get a key: none waits for the other.
        let call = self.0.client.generate_data_key().key_id(&self.0.key_id);
        let generated = call
            .key_spec(DataKeySpec::Aes256)
            .set_encryption_context(Some(self.context(space)))
            .send()
            .await
            .map_err(kms_error)?;
        let (Some(plain), Some(encrypted)) = (generated.plaintext, generated.ciphertext_blob) else {
            return Err(SealError::Kms(Arc::new(NoKey)));
        };
        let seal = Seal::DataKey(STANDARD.encode(encrypted));
        let key = Arc::new(SealingKey::new(plain.as_ref(), seal)?);
        let mut kept = self.kept();
        kept.keep(space, &key);
        kept.sealing.retain(|_, current| !is_old(current.since));
        let current = CurrentKey {
            key: key.clone(),
            since: SystemTime::now(),
            uses: 1,
        };
        kept.sealing.insert(space.clone(), current);
        Ok(key)
    }

    /// The key that a seal of a space names.
    pub(crate) async fn opening(&self, space: &Space, seal: &Seal) -> Result<Arc<SealingKey>, SealError> {
        let encrypted = match seal {
            Seal::Key(_) => return Err(SealError::NoKey("a key of a key file")),
            Seal::DataKey(encrypted) => STANDARD.decode(encrypted).map_err(|_| SealError::Damaged)?,
        };
        if let Some(key) = self.kept().opening(space, seal) {
            return Ok(key);
        }
        // The key is not named: what a former key has encrypted stays readable. IAM says which ones may decrypt.
        let call = self.0.client.decrypt();
        let decrypted = call
            .ciphertext_blob(Blob::new(encrypted))
            .set_encryption_context(Some(self.context(space)))
            .send()
            .await
            .map_err(kms_error)?;
        let plain = decrypted
            .plaintext
            .ok_or_else(|| SealError::Kms(Arc::new(NoKey)))?;
        let key = Arc::new(SealingKey::new(plain.as_ref(), seal.clone())?);
        self.kept().keep(space, &key);
        Ok(key)
    }

    fn context(&self, space: &Space) -> HashMap<String, String> {
        HashMap::from([
            ("event-gateway:table".to_owned(), self.0.table.clone()),
            ("event-gateway:space".to_owned(), space.to_string()),
        ])
    }

    fn kept(&self) -> MutexGuard<'_, KeptKeys> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for DataKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKeys")
            .field("key_id", &self.0.key_id)
            .field("table", &self.0.table)
            .finish_non_exhaustive()
    }
}

impl KeptKeys {
    fn current(&mut self, space: &Space) -> Option<Arc<SealingKey>> {
        let current = self.sealing.get_mut(space)?;
        if is_old(current.since) || current.uses >= MOST_USES {
            return None;
        }
        current.uses += 1;
        Some(current.key.clone())
    }

    fn opening(&self, space: &Space, seal: &Seal) -> Option<Arc<SealingKey>> {
        let (key, since) = self.opening.get(&(space.clone(), seal.clone()))?;
        (!is_old(*since)).then(|| key.clone())
    }

    fn keep(&mut self, space: &Space, key: &Arc<SealingKey>) {
        if self.opening.len() >= CAPACITY {
            self.opening.retain(|_, (_, since)| !is_old(*since));
        }
        if self.opening.len() >= CAPACITY {
            self.opening.clear();
        }
        let entry = (key.clone(), SystemTime::now());
        self.opening.insert((space.clone(), key.seal().clone()), entry);
    }
}

/// By the clock on the wall: a frozen instance does not see the steady one go on. A clock that was set back makes
/// everything old.
fn is_old(since: SystemTime) -> bool {
    since.elapsed().map_or(true, |age| age >= LIFETIME)
}

/// KMS gave an answer without a key.
#[derive(Debug, thiserror::Error)]
#[error("the answer holds no key")]
struct NoKey;

/// The cause of a failed call. The SDK's own error shows the response, which may hold a key.
fn kms_error<E, R>(error: SdkError<E, R>) -> SealError
where
    E: std::error::Error + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    match error.into_source() {
        Ok(source) => SealError::Kms(source.into()),
        Err(_) => SealError::Kms(Arc::new(NoKey)),
    }
}
