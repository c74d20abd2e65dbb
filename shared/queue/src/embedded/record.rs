//! The form in which deliveries and lanes stand in the file: short, without names, checked when it is read.

use std::borrow::Cow;
use std::sync::Arc;

use domain::delivery::{Arrival, Delivery};
use domain::hops::Hops;
use domain::ids::{FunctionId, Space, SubscriptionId};
use domain::json::Json;
use domain::trace::Trace;

/// A value in the file is not what the queue writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("record of the delivery queue cannot be read")]
pub(super) struct MalformedRecord;

/// What belongs together: deliveries for one subscription and function.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct LaneName {
    pub(super) function: FunctionName,
    pub(super) subscription: SubscriptionId,
}

/// A function: its id is unique in its space.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FunctionName {
    pub(super) space: Space,
    pub(super) id: FunctionId,
}

/// A subscription: its id is unique in its space.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct SubscriptionName {
    pub(super) space: Space,
    pub(super) id: SubscriptionId,
}

impl LaneName {
    pub(super) fn subscription_name(&self) -> SubscriptionName {
        SubscriptionName {
            space: self.function.space.clone(),
            id: self.subscription.clone(),
        }
    }
}

/// A lane, as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LaneRow {
    pub(super) name: LaneName,
    /// Deliveries in it, wherever they stand.
    pub(super) deliveries: u64,
    /// What they count for.
    pub(super) bytes: u64,
}

/// A delivery, as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) attempts: u32,
    pub(super) accepted_at: u64,
    /// What it counts for in the limits of the queue.
    pub(super) bytes: u64,
    pub(super) deliver_at: Option<u64>,
    pub(super) id: &'a str,
    pub(super) ordering_key: Option<&'a str>,
    pub(super) hops: u8,
    /// The request that an authorizer has to be asked about.
    pub(super) unauthorized: Option<Body<'a>>,
    /// JSON of what it is followed by.
    pub(super) trace: Option<Cow<'a, str>>,
    /// Its event.
    pub(super) body: Body<'a>,
}

/// Where an event or a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body<'a> {
    /// In the record: its JSON.
    Here(&'a [u8]),
    /// In the table of events, by number.
    Apart(u64),
}

const DELIVER_AT: u8 = 1;
const ORDERING_KEY: u8 = 2;
const APART: u8 = 4;
/// From here on programs before 0.11 cannot read a record.
const HOPS: u8 = 8;
const UNAUTHORIZED: u8 = 16;
const UNAUTHORIZED_APART: u8 = 32;
const TRACE: u8 = 64;

impl FunctionName {
    pub(super) fn of(delivery: &Delivery) -> Self {
        Self {
            space: delivery.space.clone(),
            id: delivery.function.clone(),
        }
    }
}

impl LaneName {
    pub(super) fn of(delivery: &Delivery) -> Self {
        Self {
            function: FunctionName::of(delivery),
            subscription: delivery.subscription.clone(),
        }
    }
}

impl LaneRow {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128);
        bytes.extend_from_slice(&self.deliveries.to_le_bytes());
        bytes.extend_from_slice(&self.bytes.to_le_bytes());
        put_text(&mut bytes, self.name.function.space.as_str());
        put_text(&mut bytes, self.name.function.id.as_str());
        put_text(&mut bytes, self.name.subscription.as_str());
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, MalformedRecord> {
        let mut rest = Reader(bytes);
        let (deliveries, bytes) = (rest.u64()?, rest.u64()?);
        let space = rest.text()?.into();
        let id = rest.text()?.into();
        let name = LaneName {
            function: FunctionName { space, id },
            subscription: rest.text()?.into(),
        };
        Ok(Self {
            name,
            deliveries,
            bytes,
        })
    }
}

impl<'a> Record<'a> {
    pub(super) fn of(
        delivery: &'a Delivery,
        bytes: u64,
        unauthorized: Option<Body<'a>>,
        body: Body<'a>,
    ) -> Self {
        Self {
            attempts: delivery.attempts,
            accepted_at: delivery.accepted_at,
            bytes,
            deliver_at: delivery.deliver_at,
            id: delivery.id.as_str(),
            ordering_key: delivery.ordering_key.as_deref(),
            hops: delivery.arrival.hops.count(),
            unauthorized,
            trace: delivery.arrival.trace.as_deref().map(trace_text),
            body,
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let here = if let Body::Here(json) = self.body {
            json
        } else {
            &[]
        };
        let mut bytes = Vec::with_capacity(128 + here.len());
        let mut flags = 0;
        flags |= self.deliver_at.map_or(0, |_| DELIVER_AT);
        flags |= self.ordering_key.map_or(0, |_| ORDERING_KEY);
        flags |= if matches!(self.body, Body::Apart(_)) {
            APART
        } else {
            0
        };
        flags |= if self.hops == 0 { 0 } else { HOPS };
        flags |= match self.unauthorized {
            None => 0,
            Some(Body::Here(_)) => UNAUTHORIZED,
            Some(Body::Apart(_)) => UNAUTHORIZED_APART,
        };
        flags |= self.trace.as_ref().map_or(0, |_| TRACE);
        bytes.push(flags);
        bytes.extend_from_slice(&self.attempts.to_le_bytes());
        bytes.extend_from_slice(&self.accepted_at.to_le_bytes());
        bytes.extend_from_slice(&self.bytes.to_le_bytes());
        put_text(&mut bytes, self.id);
        if let Some(deliver_at) = self.deliver_at {
            bytes.extend_from_slice(&deliver_at.to_le_bytes());
        }
        if let Some(key) = self.ordering_key {
            put_text(&mut bytes, key);
        }
        if self.hops > 0 {
            bytes.push(self.hops);
        }
        match self.unauthorized {
            None => {}
            Some(Body::Here(request)) => put_bytes(&mut bytes, request),
            Some(Body::Apart(number)) => bytes.extend_from_slice(&number.to_le_bytes()),
        }
        if let Some(trace) = &self.trace {
            put_text(&mut bytes, trace);
        }
        match self.body {
            Body::Here(json) => bytes.extend_from_slice(json),
            Body::Apart(number) => bytes.extend_from_slice(&number.to_le_bytes()),
        }
        bytes
    }

    pub(super) fn decode(bytes: &'a [u8]) -> Result<Self, MalformedRecord> {
        let mut rest = Reader(bytes);
        let [flags] = rest.take()?;
        let attempts = u32::from_le_bytes(rest.take()?);
        let (accepted_at, bytes) = (rest.u64()?, rest.u64()?);
        let id = rest.text()?;
        let deliver_at = (flags & DELIVER_AT != 0).then(|| rest.u64()).transpose()?;
        let ordering_key = (flags & ORDERING_KEY != 0).then(|| rest.text()).transpose()?;
        let hops = if flags & HOPS == 0 {
            0
        } else {
            let [hops] = rest.take()?;
            hops
        };
        let unauthorized = match flags & (UNAUTHORIZED | UNAUTHORIZED_APART) {
            0 => None,
            UNAUTHORIZED_APART => Some(Body::Apart(rest.u64()?)),
            _ => Some(Body::Here(rest.text()?.as_bytes())),
        };
        let trace = (flags & TRACE != 0).then(|| rest.text()).transpose()?;
        let body = if flags & APART == 0 {
            Body::Here(rest.0)
        } else {
            Body::Apart(rest.u64()?)
        };
        Ok(Self {
            attempts,
            accepted_at,
            bytes,
            deliver_at,
            id,
            ordering_key,
            hops,
            unauthorized,
            trace: trace.map(Cow::Borrowed),
            body,
        })
    }

    /// A record with another number of attempts.
    pub(super) fn with_attempts(record: &[u8], attempts: u32) -> Result<Vec<u8>, MalformedRecord> {
        let mut record = record.to_vec();
        let place = record.get_mut(1..5).ok_or(MalformedRecord)?;
        place.copy_from_slice(&attempts.to_le_bytes());
        Ok(record)
    }

    /// Numbers of what does not stand in the record.
    pub(super) fn apart(&self) -> impl Iterator<Item = u64> + use<> {
        let number = |body| match body {
            Body::Here(_) => None,
            Body::Apart(number) => Some(number),
        };
        [number(self.body), self.unauthorized.and_then(number)]
            .into_iter()
            .flatten()
    }

    /// The delivery, with the event and the request for an authorizer that belong to it.
    pub(super) fn delivery(
        &self,
        lane: &LaneName,
        event: Arc<domain::event::Event>,
        request: Option<Arc<Json>>,
    ) -> Delivery {
        Delivery {
            id: self.id.into(),
            space: lane.function.space.clone(),
            subscription: lane.subscription.clone(),
            function: lane.function.id.clone(),
            event,
            accepted_at: self.accepted_at,
            attempts: self.attempts,
            deliver_at: self.deliver_at,
            ordering_key: self.ordering_key.map(Into::into),
            deduplication_key: None,
            arrival: self.arrival(request),
        }
    }

    /// How its event came in.
    pub(super) fn arrival(&self, unauthorized: Option<Arc<Json>>) -> Arrival {
        Arrival {
            hops: Hops::new(self.hops),
            unauthorized,
            // What was sent along is no reason to lose a delivery.
            trace: self
                .trace
                .as_deref()
                .and_then(|json| serde_json::from_str(json).ok()),
        }
    }
}

fn trace_text(trace: &Trace) -> Cow<'static, str> {
    // Three texts cannot fail.
    serde_json::to_string(trace).unwrap_or_default().into()
}

/// Writes a text so that [`Reader::text`] finds its end.
pub(super) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_bytes(bytes, text.as_bytes());
}

fn put_bytes(bytes: &mut Vec<u8>, text: &[u8]) {
    // A text of 4 GiB never comes here: it came in with a request.
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(text);
}

/// What is left to read of a record.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], MalformedRecord> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(MalformedRecord)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u64(&mut self) -> Result<u64, MalformedRecord> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    pub(super) fn text(&mut self) -> Result<&'a str, MalformedRecord> {
        let length = u32::from_le_bytes(self.take()?);
        let length = usize::try_from(length).map_err(|_| MalformedRecord)?;
        let (text, rest) = self.0.split_at_checked(length).ok_or(MalformedRecord)?;
        self.0 = rest;
        str::from_utf8(text).map_err(|_| MalformedRecord)
    }
}
