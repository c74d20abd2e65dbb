//! What a diagnosis says of the queue.

use domain::ids::{Space, SubscriptionId};
use queue::{DeliveryQueue, LaneState, QueueAccount, QueueDiagnosis, QueuedAmount};
use serde::Serialize;

/// The queue of deliveries.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
#[schema(as = DiagnosisQueued)]
pub(super) enum Queued {
    /// In a file of this machine, or in memory.
    Embedded(EmbeddedQueue),
    /// In SQS, which knows what waits there.
    Sqs(SqsQueue),
}

/// A queue in a file of this machine, or in memory.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DiagnosisEmbeddedQueue)]
pub(super) struct EmbeddedQueue {
    /// What there is of all spaces.
    total: Account,
    /// Whether the disk has no room for anything more.
    is_disk_full: bool,
    /// Whether nothing is taken any more.
    is_closed: bool,
    spaces: Spaces,
    lanes: Lanes,
    /// How many spaces and how many lanes are looked at: where there are more, the rest is only counted.
    most_looked_at: usize,
}

/// A queue of SQS.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DiagnosisSqsQueue)]
pub(super) struct SqsQueue {
    /// Messages that this process did not take because they are not the gateway's.
    refused: u64,
}

/// Deliveries by what they wait for.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DiagnosisAccount)]
pub(super) struct Account {
    /// Those that wait for a worker, or for being due.
    waiting: Amount,
    /// Room that is set aside for what is about to be queued.
    reserved: Amount,
    /// In the hands of workers.
    in_flight: Amount,
    /// Done with or given up, which is not written yet.
    settled: Amount,
}

/// Some deliveries.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[schema(as = DiagnosisAmount)]
pub(super) struct Amount {
    /// How many.
    deliveries: u64,
    /// What they count for, in bytes.
    bytes: u64,
}

/// Spaces with something in the queue.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DiagnosisSpaces)]
pub(super) struct Spaces {
    /// How many there are.
    count: usize,
    /// Those with the most that waits.
    largest: Vec<SpaceInQueue>,
    /// What all others wait for.
    others: Amount,
}

/// What there is of a space.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DiagnosisSpaceInQueue)]
struct SpaceInQueue {
    /// The space.
    #[schema(value_type = String)]
    space: Space,
    /// Deliveries that wait for a worker, or for being due.
    waiting: Amount,
    /// In the hands of workers.
    in_flight: Amount,
    /// How long ago the oldest of what is next in line was accepted, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    oldest_seconds: Option<u64>,
}

/// Lanes, one for each subscription with something in the queue.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DiagnosisLanes)]
pub(super) struct Lanes {
    /// How many there are.
    count: usize,
    /// How many of them have something that a worker may take now.
    ready: usize,
    /// Those with the most in memory and in the hands of workers.
    busiest: Vec<LaneInQueue>,
}

/// The deliveries for a subscription.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DiagnosisLaneInQueue)]
struct LaneInQueue {
    /// The space.
    #[schema(value_type = String)]
    space: Space,
    /// The subscription.
    #[schema(value_type = String)]
    subscription_id: SubscriptionId,
    /// Its function.
    function_id: String,
    /// What it waits for.
    state: WaitsFor,
    /// Deliveries that are next, as far as they are in memory.
    in_memory: usize,
    /// Whether more follow on the disk.
    has_more: bool,
    /// Deliveries in the hands of workers.
    in_flight: usize,
    /// How long ago the oldest of what is next was accepted, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    oldest_seconds: Option<u64>,
}

/// What a lane waits for.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DiagnosisWaitsFor)]
enum WaitsFor {
    /// For something to come into it, or to be read from the disk.
    Idle,
    /// For a worker.
    Ready,
    /// For a time: a retry, a delay, an open circuit or the end of a pause.
    Later,
    /// For its function to have fewer deliveries in hand.
    FunctionBusy,
    /// For others of its space to be read from the disk.
    Unread,
}

impl Queued {
    /// What a queue says of itself, with so many names at the most, at a time in milliseconds since the Unix epoch.
    pub(super) fn of(queue: &DeliveryQueue, most: usize, now: u64) -> Self {
        match queue {
            DeliveryQueue::Embedded(queue) => Self::embedded(queue.diagnosis(most), now),
            DeliveryQueue::Sqs(_) => Self::Sqs(SqsQueue {
                refused: queue.refused().unwrap_or_default(),
            }),
        }
    }

    fn embedded(queue: QueueDiagnosis, now: u64) -> Self {
        let age = |accepted: u64| now.saturating_sub(accepted) / 1000;
        let mut others = queue.total.waiting;
        for space in &queue.largest_spaces {
            let waiting = space.account.waiting;
            others.deliveries = others.deliveries.saturating_sub(waiting.deliveries);
            others.bytes = others.bytes.saturating_sub(waiting.bytes);
        }
        let largest = queue.largest_spaces.into_iter().map(|one| SpaceInQueue {
            space: one.space,
            waiting: one.account.waiting.into(),
            in_flight: one.account.in_flight.into(),
            oldest_seconds: one.oldest.map(age),
        });
        let busiest = queue.busiest_lanes.into_iter().map(|lane| LaneInQueue {
            space: lane.space,
            subscription_id: lane.subscription,
            function_id: lane.function.to_string(),
            state: lane.state.into(),
            in_memory: lane.in_memory,
            has_more: lane.has_more,
            in_flight: lane.in_flight,
            oldest_seconds: lane.oldest.map(age),
        });
        Self::Embedded(EmbeddedQueue {
            total: queue.total.into(),
            is_disk_full: queue.is_disk_full,
            is_closed: queue.is_closed,
            spaces: Spaces {
                count: queue.spaces,
                largest: largest.collect(),
                others: others.into(),
            },
            lanes: Lanes {
                count: queue.lanes,
                ready: queue.ready_lanes,
                busiest: busiest.collect(),
            },
            most_looked_at: queue.most_looked_at,
        })
    }
}

impl From<QueueAccount> for Account {
    fn from(account: QueueAccount) -> Self {
        Self {
            waiting: account.waiting.into(),
            reserved: account.reserved.into(),
            in_flight: account.in_flight.into(),
            settled: account.settled.into(),
        }
    }
}

impl From<QueuedAmount> for Amount {
    fn from(QueuedAmount { deliveries, bytes }: QueuedAmount) -> Self {
        Self { deliveries, bytes }
    }
}

impl From<LaneState> for WaitsFor {
    fn from(state: LaneState) -> Self {
        match state {
            LaneState::Idle => Self::Idle,
            LaneState::Ready => Self::Ready,
            LaneState::Later => Self::Later,
            LaneState::FunctionBusy => Self::FunctionBusy,
            LaneState::Unread => Self::Unread,
        }
    }
}
