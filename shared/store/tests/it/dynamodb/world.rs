//! Random writes that the rules let through, and what a routing table shows of the states that they lead to.

use std::collections::HashMap;

use domain::configuration::{Configured, Snapshot, SpaceRules};
use domain::ids::Space;
use domain::resource::{Cors, EventType, Function, Subscription};
use domain::routing::{PathOwnership, RoutingTable};
use domain::space_version::SpaceVersion;
use fastrand::Rng;
use store::Store;

use crate::resources::{asynchronous, cors, decode, sync};

/// Spaces as they should be.
pub(crate) struct World {
    random: Rng,
    spaces: Vec<Space>,
    states: HashMap<Space, (u64, Snapshot)>,
    writes: u64,
}

/// A write, and the state that it leads to.
pub(crate) struct NextWrite {
    action: Action,
    /// The space and the version that it leads to.
    pub(crate) leads_to: SpaceVersion,
    /// What is in the space then.
    pub(crate) state: Snapshot,
}

enum Action {
    Create(Any),
    Update(Any),
    Delete(Any),
}

/// A resource; of one that is deleted, its id counts.
enum Any {
    EventType(EventType),
    Function(Function),
    Subscription(Subscription),
    Cors(Cors),
}

impl World {
    /// Empty spaces of these names. The same seed gives the same writes.
    pub(crate) fn new(names: &[&str], seed: u64) -> Self {
        Self {
            random: Rng::with_seed(seed),
            spaces: names.iter().map(|name| Space::from(*name)).collect(),
            states: HashMap::new(),
            writes: 0,
        }
    }

    /// The spaces.
    pub(crate) fn spaces(&self) -> &[Space] {
        &self.spaces
    }

    /// The version of a space and what is in it.
    pub(crate) fn state(&self, space: &Space) -> (u64, Snapshot) {
        self.states.get(space).cloned().unwrap_or_default()
    }

    /// A write that keeps the rules. It counts as done.
    pub(crate) fn next(&mut self) -> NextWrite {
        loop {
            let space = self.spaces[self.random.usize(..self.spaces.len())].clone();
            let (version, mut state) = self.state(&space);
            let any = self.resource(&space);
            let action = match self.random.u8(..5) {
                0 | 1 => Action::Create(any),
                2 | 3 => Action::Update(any),
                _ => Action::Delete(any),
            };
            self.writes += 1;
            if action.is_allowed(&mut state, self.writes) {
                let version = version + 1;
                self.states.insert(space.clone(), (version, state.clone()));
                return NextWrite {
                    action,
                    leads_to: SpaceVersion { space, version },
                    state,
                };
            }
        }
    }

    /// Carries out that many writes.
    pub(crate) async fn write(&mut self, store: &Store, count: usize) {
        for _ in 0..count {
            self.next().perform(store).await;
        }
    }

    fn resource(&mut self, space: &Space) -> Any {
        let mut number = |below: u8| self.random.u8(..below);
        let (target, event_type) = (format!("f{}", number(4)), format!("e{}", number(3)));
        let path = format!("/{space}/p{}", number(4));
        match number(6) {
            // No two are alike, so that an old one cannot pass for a new one.
            0 | 1 => Any::Function(decode(
                space,
                None,
                &format!(
                    r#"{{"functionId":"{target}","type":"http","provider":{{"url":"http://localhost/{}"}}}}"#,
                    self.writes
                ),
            )),
            2 => Any::EventType(match number(2) {
                0 => decode(space, None, &format!(r#"{{"name":"{event_type}"}}"#)),
                _ => decode(
                    space,
                    None,
                    &format!(r#"{{"name":"{event_type}","authorizerId":"{target}"}}"#),
                ),
            }),
            3 => Any::Subscription(sync(space, &event_type, &target, &path)),
            4 => Any::Subscription(asynchronous(space, &event_type, &target, &path)),
            _ => Any::Cors(match number(2) {
                0 => cors(space, &path),
                _ => decode(
                    space,
                    None,
                    &format!(r#"{{"method":"GET","path":"{path}","allowCredentials":true}}"#),
                ),
            }),
        }
    }
}

impl NextWrite {
    /// Carries it out.
    pub(crate) async fn perform(self, store: &Store) {
        let version = match self.action {
            Action::Create(Any::EventType(resource)) => store.create(resource).await.unwrap().version,
            Action::Create(Any::Function(resource)) => store.create(resource).await.unwrap().version,
            Action::Create(Any::Subscription(resource)) => store.create(resource).await.unwrap().version,
            Action::Create(Any::Cors(resource)) => store.create(resource).await.unwrap().version,
            Action::Update(Any::EventType(resource)) => store.update(resource).await.unwrap().version,
            Action::Update(Any::Function(resource)) => store.update(resource).await.unwrap().version,
            Action::Update(Any::Subscription(resource)) => store.update(resource).await.unwrap().version,
            Action::Update(Any::Cors(resource)) => store.update(resource).await.unwrap().version,
            Action::Delete(Any::EventType(resource)) => delete(store, &resource).await,
            Action::Delete(Any::Function(resource)) => delete(store, &resource).await,
            Action::Delete(Any::Subscription(resource)) => delete(store, &resource).await,
            Action::Delete(Any::Cors(resource)) => delete(store, &resource).await,
        };
        assert_eq!(version, Some(self.leads_to));
    }
}

async fn delete<R: Configured>(store: &Store, resource: &R) -> Option<SpaceVersion> {
    let deleted = store.delete::<R>(resource.space(), resource.id()).await;
    deleted.unwrap().version
}

impl Action {
    fn is_allowed(&self, state: &mut Snapshot, created: u64) -> bool {
        match self {
            Self::Create(Any::EventType(resource)) => state
                .create(resource.clone(), created, &SpaceRules::default())
                .is_ok(),
            Self::Create(Any::Function(resource)) => state
                .create(resource.clone(), created, &SpaceRules::default())
                .is_ok(),
            Self::Create(Any::Subscription(resource)) => state
                .create(resource.clone(), created, &SpaceRules::default())
                .is_ok(),
            Self::Create(Any::Cors(resource)) => state
                .create(resource.clone(), created, &SpaceRules::default())
                .is_ok(),
            Self::Update(Any::EventType(resource)) => {
                state.update(resource.clone(), &SpaceRules::default()).is_ok()
            }
            Self::Update(Any::Function(resource)) => {
                state.update(resource.clone(), &SpaceRules::default()).is_ok()
            }
            Self::Update(Any::Subscription(resource)) => {
                state.update(resource.clone(), &SpaceRules::default()).is_ok()
            }
            Self::Update(Any::Cors(resource)) => {
                state.update(resource.clone(), &SpaceRules::default()).is_ok()
            }
            Self::Delete(Any::EventType(resource)) => state
                .delete::<EventType>(&resource.name, &SpaceRules::default())
                .is_ok(),
            Self::Delete(Any::Function(resource)) => state
                .delete::<Function>(&resource.function_id, &SpaceRules::default())
                .is_ok(),
            Self::Delete(Any::Subscription(resource)) => state
                .delete::<Subscription>(&resource.subscription_id, &SpaceRules::default())
                .is_ok(),
            Self::Delete(Any::Cors(resource)) => state
                .delete::<Cors>(&resource.cors_id, &SpaceRules::default())
                .is_ok(),
        }
    }
}

/// All that a table shows of a space that was written to by such writes.
pub(crate) fn seen(table: &RoutingTable, space: &Space) -> Vec<String> {
    let mut seen = Vec::new();
    for target in 0..4 {
        let function = table.function(space, &format!("f{target}").as_str().into());
        seen.push(format!("{:?}", function.map(|function| &function.provider)));
    }
    for path in (0..4).map(|path| format!("/{space}/p{path}")) {
        let cors = table.cors("GET", &path);
        seen.push(format!("{:?}", cors.map(|cors| cors.allow_credentials)));
        for event_type in ["e0", "e1", "e2"] {
            let routes = table.routes(event_type, "GET", &path);
            let targets = routes
                .asynchronous
                .iter()
                .map(|stored| &stored.resource.function_id);
            let sync = routes.sync.map(|subscription| &subscription.function_id);
            seen.push(format!("{sync:?} {:?}", targets.collect::<Vec<_>>()));
        }
    }
    for event_type in ["e0", "e1", "e2"] {
        seen.push(format!("{:?}", table.authorizer(space, &"s".into(), event_type)));
    }
    seen
}

/// All that a table shows of a state, if it shows nothing else.
pub(crate) fn shown(state: &Snapshot, space: &Space) -> Vec<String> {
    seen(&RoutingTable::compile(PathOwnership::Shared, [state]), space)
}
