//! Files of earlier versions: what they lack is added when they are opened.

use domain::dead_letter::DeadLetter;
use redb::ReadableTable as _;

use super::bodies::Bodies;
use super::changes::Changes;
use super::dead_rows::DeadRow;
use super::engine::Engine;
use super::ledger::Ledger;
use super::tables::{CLOCK_KEY, EngineError, FORMAT, FORMAT_KEY, number_of};

/// Dead letters of a step, and bytes of them after which a step ends.
const STEP: usize = 1000;
const STEP_BYTES: usize = 16 * 1024 * 1024;

/// Enters dead letters into the tables that came with format 2. A step that was made is not made again, whenever the
/// process ends.
pub(super) fn enter_dead_letters(engine: &Engine) -> Result<(), EngineError> {
    engine.write(|tables| {
        tables.create()?;
        Ok(())
    })?;
    let mut ledger = Ledger::load(engine)?;
    let mut bodies = Bodies::default();
    let now = engine.about(CLOCK_KEY)?.unwrap_or(0);
    let mut last = Some(Vec::new());
    while let Some(after) = last {
        last = engine.write(|tables| {
            let (found, next) = some(tables.dead.get()?, &after)?;
            let mut changes = Changes {
                tables,
                ledger: &mut ledger,
                bodies: &mut bodies,
                now,
                wall: now,
                keys_per_space: u64::MAX,
            };
            for (key, json) in found {
                changes.enter_old(&key, &json)?;
            }
            ledger.save(tables, now)?;
            if next.is_none() {
                tables.about.get()?.insert(FORMAT_KEY, FORMAT)?;
            }
            Ok(next)
        })?;
    }
    Ok(())
}

type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// Some entries from a key on, and the key of the one behind them.
fn some(
    table: &impl redb::ReadableTable<&'static [u8], &'static [u8]>,
    from: &[u8],
) -> Result<(Entries, Option<Vec<u8>>), EngineError> {
    let (mut entries, mut bytes) = (Vec::new(), 0);
    for entry in table.range(from..)? {
        let (key, json) = entry?;
        if entries.len() == STEP || bytes > STEP_BYTES {
            return Ok((entries, Some(key.value().to_vec())));
        }
        bytes += json.value().len();
        entries.push((key.value().to_vec(), json.value().to_vec()));
    }
    Ok((entries, None))
}

impl Changes<'_, '_> {
    fn enter_old(&mut self, key: &[u8], json: &[u8]) -> Result<(), EngineError> {
        let number = number_of(key);
        if self.tables.dead_rows.get()?.get(number)?.is_some() {
            return Ok(());
        }
        let letter: Option<DeadLetter> = serde_json::from_slice(json).ok();
        let summary = letter.as_ref().map(|letter| letter.summary(json.len()));
        let summary = summary.and_then(|summary| serde_json::to_vec(&summary).ok());
        // The space stands in the key as well: one that cannot be read can still be counted and deleted.
        let space = key.get(4..key.len().saturating_sub(8)).unwrap_or_default();
        let row = DeadRow {
            buried_at: letter
                .as_ref()
                .map_or(self.now, |letter| letter.dead_at.min(self.now)),
            bytes: 0,
            space: str::from_utf8(space).unwrap_or_default(),
            subscription: letter
                .as_ref()
                .map_or("", |letter| letter.subscription_id.as_str()),
            id: letter.as_ref().map_or("", |letter| letter.delivery_id.as_str()),
            summary: &summary.unwrap_or_default(),
        };
        self.enter(number, row.weigh(json.len()))
    }
}
