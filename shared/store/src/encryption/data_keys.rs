//! Data keys of AWS KMS, which the store in DynamoDB encrypts with: each is stored, encrypted by KMS, with what it
//! encrypts. KMS binds it to the table and the space, and so do its own logs.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws::{Base64, CallError, Client};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::ids::Space;
use serde::{Deserialize, Serialize};

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
    /// A client of [`aws::Service::Kms`] in the key's region.
    pub client: Client,
    /// Id, ARN or alias of a symmetric key.
    pub key_id: String,
    /// Name of the table that encrypted data is bound to, where it is not the table that is used: a restored table has
    /// another name than the one that its data was encrypted for.
    pub bound_to: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GenerateDataKey<'k> {
    key_id: &'k str,
    key_spec: &'static str,
    encryption_context: Context<'k>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypt<'k> {
    ciphertext_blob: Base64,
    encryption_context: Context<'k>,
}

/// What KMS binds a data key to.
#[derive(Serialize)]
struct Context<'k> {
    #[serde(rename = "event-gateway:table")]
    table: &'k str,
    #[serde(rename = "event-gateway:space")]
    space: &'k str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DataKey {
    plaintext: Option<Base64>,
    ciphertext_blob: Option<Base64>,
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
        let generate = GenerateDataKey {
            key_id: &self.0.key_id,
            key_spec: "AES_256",
            encryption_context: self.context(space),
        };
        let call = self.0.client.call("GenerateDataKey");
        let generated: DataKey = call.json(&generate).await.map_err(kms_error)?;
        let (Some(Base64(plain)), Some(Base64(encrypted))) = (generated.plaintext, generated.ciphertext_blob)
        else {
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
        let decrypt = Decrypt {
            ciphertext_blob: Base64(encrypted.into()),
            encryption_context: self.context(space),
        };
        let call = self.0.client.call("Decrypt");
        let decrypted: DataKey = call.json(&decrypt).await.map_err(kms_error)?;
        let Some(Base64(plain)) = decrypted.plaintext else {
            return Err(SealError::Kms(Arc::new(NoKey)));
        };
        let key = Arc::new(SealingKey::new(plain.as_ref(), seal.clone())?);
        self.kept().keep(space, &key);
        Ok(key)
    }

    fn context<'k>(&'k self, space: &'k Space) -> Context<'k> {
        Context {
            table: &self.0.table,
            space: space.as_str(),
        }
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

/// The cause of a failed call. The error itself shows the response, which may hold a key.
fn kms_error(error: CallError) -> SealError {
    match error.into_source() {
        Ok(source) => SealError::Kms(source.into()),
        Err(_) => SealError::Kms(Arc::new(NoKey)),
    }
}
