//! The members that resources have, as their schemas say: the very types that are stored and answered, so that there is no
//! second list to keep in step.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use utoipa::ToSchema;
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems};
use utoipa::openapi::{Object, RefOr, Schema};

use crate::resource::{ApiKey, Cors, EventType, Function, Kind, SpaceSettings, Subscription, Tenant};

/// What is known of a JSON value. Of one without any form nothing can be said.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// The forms that it can have as an object.
    pub(super) forms: Vec<Form>,
    /// What is known of its elements, if it can be an array.
    pub(super) elements: Option<Box<Known>>,
}

/// A form of an object.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    /// Its members by their names in small letters.
    pub(super) members: BTreeMap<String, Member>,
    /// What is known of the values of all other members, where these are free.
    pub(super) free: Option<Box<Known>>,
}

/// A member of a form.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: String,
    /// The only value that it has in this form.
    pub(super) constant: Option<String>,
    pub(super) known: Known,
}

/// What is known of the resources of a kind.
pub(super) fn of(kind: Kind) -> &'static Known {
    static EVENT_TYPE: LazyLock<Known> = LazyLock::new(read::<EventType>);
    static FUNCTION: LazyLock<Known> = LazyLock::new(read::<Function>);
    static SUBSCRIPTION: LazyLock<Known> = LazyLock::new(read::<Subscription>);
    static CORS: LazyLock<Known> = LazyLock::new(read::<Cors>);
    static KEY: LazyLock<Known> = LazyLock::new(read::<ApiKey>);
    static SPACE: LazyLock<Known> = LazyLock::new(read::<SpaceSettings>);
    static TENANT: LazyLock<Known> = LazyLock::new(read::<Tenant>);
    match kind {
        Kind::EventType => &EVENT_TYPE,
        Kind::Function => &FUNCTION,
        Kind::Subscription => &SUBSCRIPTION,
        Kind::Cors => &CORS,
        Kind::Space => &SPACE,
        Kind::Key => &KEY,
        Kind::Tenant => &TENANT,
    }
}

type Schemas = HashMap<String, RefOr<Schema>>;

fn read<R: ToSchema>() -> Known {
    let mut schemas = Vec::new();
    R::schemas(&mut schemas);
    known(&R::schema(), &schemas.into_iter().collect())
}

fn known(schema: &RefOr<Schema>, schemas: &Schemas) -> Known {
    match schema {
        RefOr::Ref(reference) => {
            let name = reference.ref_location.rsplit('/').next().unwrap_or_default();
            schemas
                .get(name)
                .map(|schema| known(schema, schemas))
                .unwrap_or_default()
        }
        RefOr::T(Schema::Object(object)) => of_object(object, schemas),
        RefOr::T(Schema::Array(array)) => match &array.items {
            ArrayItems::RefOrSchema(items) => Known {
                forms: Vec::new(),
                elements: Some(Box::new(known(items, schemas))),
            },
            ArrayItems::False => Known::default(),
        },
        RefOr::T(Schema::OneOf(one)) => any_of(&one.items, schemas),
        RefOr::T(Schema::AnyOf(any)) => any_of(&any.items, schemas),
        RefOr::T(Schema::AllOf(all)) => all_of(&all.items, schemas),
        RefOr::T(_) => Known::default(),
    }
}

fn of_object(object: &Object, schemas: &Schemas) -> Known {
    let free = match object.additional_properties.as_deref() {
        Some(AdditionalProperties::RefOr(values)) => Some(Box::new(known(values, schemas))),
        Some(AdditionalProperties::FreeForm(true)) => Some(Box::default()),
        Some(AdditionalProperties::FreeForm(false)) | None => None,
    };
    if object.properties.is_empty() && free.is_none() {
        return Known::default();
    }
    let members = object.properties.iter().map(|(name, schema)| {
        let member = Member {
            name: name.clone(),
            constant: constant(schema),
            known: known(schema, schemas),
        };
        (name.to_ascii_lowercase(), member)
    });
    Known {
        forms: vec![Form {
            members: members.collect(),
            free,
        }],
        elements: None,
    }
}

fn constant(schema: &RefOr<Schema>) -> Option<String> {
    let RefOr::T(Schema::Object(object)) = schema else {
        return None;
    };
    match object.enum_values.as_deref() {
        Some([only]) => only.as_str().map(str::to_owned),
        _ => None,
    }
}

fn any_of(items: &[RefOr<Schema>], schemas: &Schemas) -> Known {
    let mut all = Known::default();
    for item in items {
        let one = known(item, schemas);
        all.forms.extend(one.forms);
        all.elements = all.elements.or(one.elements);
    }
    all
}

/// Every form of the first with every form of the second, and so on.
fn all_of(items: &[RefOr<Schema>], schemas: &Schemas) -> Known {
    let mut forms = vec![Form::default()];
    for item in items {
        let parts = known(item, schemas).forms;
        if !parts.is_empty() {
            forms = forms
                .iter()
                .flat_map(|form| parts.iter().map(|part| form.with(part)))
                .collect();
        }
    }
    forms.retain(|form| form.free.is_some() || !form.members.is_empty());
    Known {
        forms,
        elements: None,
    }
}

impl Form {
    fn with(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.members.extend(other.members.clone());
        both.free = both.free.or_else(|| other.free.clone());
        both
    }
}
