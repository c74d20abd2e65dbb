//! `eg tenants`: whoever spaces belong to (docs/hosting.md). Their keys are in `eg keys --tenant`.

use clap::Subcommand;
use http::Method;
use serde_json::{Value, json};

use crate::api::segment;
use crate::commands::tenant_flags::{Named, New, TenantSpace, Update};
use crate::console::visible;
use crate::failure::Failure;
use crate::kind::text_of;
use crate::output::{Format, write_list, write_value};
use crate::session::Session;
use crate::table::Table;

/// Show, make, change, suspend and delete tenants, and their spaces
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the tenants
    #[command(after_help = "Examples:\n  eg tenants list\n  eg tenants list -o json")]
    List,
    /// Show one tenant
    #[command(after_help = "Examples:\n  eg tenants show acme")]
    Show {
        /// Id of the tenant.
        tenant: String,
    },
    /// Make a tenant
    #[command(after_help = "Examples:
  eg tenants create 'Acme Inc.' --id acme --plan free
  eg tenants create 'Acme Inc.' --label since=2026")]
    Create(New),
    /// Change the name, the plan or labels of a tenant; with a plan its spaces are put on that
    #[command(after_help = "Examples:
  eg tenants update acme --plan team
  eg tenants update acme --no-plan --label since=2026")]
    Update(Update),
    /// Suspend tenants: their events are refused, their deliveries wait and their keys change nothing
    #[command(after_help = "Examples:\n  eg tenants suspend acme\n  eg tenants suspend acme --yes")]
    Suspend(Named),
    /// Take the suspension of tenants back
    #[command(after_help = "Examples:\n  eg tenants resume acme")]
    Resume {
        /// Ids of the tenants.
        #[arg(required = true)]
        tenant: Vec<String>,
    },
    /// Delete tenants that have no spaces, with their keys
    #[command(after_help = "Examples:\n  eg tenants delete acme\n  eg tenants delete acme --erase --yes")]
    Delete {
        #[command(flatten)]
        named: Named,
        /// Delete them with everything they have, after the grace period; until then they are suspended.
        #[arg(long)]
        erase: bool,
    },
    /// Take back that tenants are deleted with everything they have, as long as nothing is removed
    #[command(after_help = "Examples:\n  eg tenants restore acme")]
    Restore {
        /// Ids of the tenants.
        #[arg(required = true)]
        tenant: Vec<String>,
    },
    #[command(subcommand)]
    Spaces(Spaces),
}

/// Show, make and remove the spaces of a tenant
#[derive(Debug, Subcommand)]
pub(crate) enum Spaces {
    /// Show the spaces of a tenant
    #[command(after_help = "Examples:\n  eg tenants spaces list acme")]
    List {
        /// Id of the tenant.
        tenant: String,
    },
    /// Make a space for a tenant
    #[command(after_help = "Examples:\n  eg tenants spaces create acme acme-shop")]
    Create(TenantSpace),
    /// Remove a space from a tenant: an empty one is gone, any other is nobody's
    #[command(after_help = "Examples:\n  eg tenants spaces delete acme acme-shop --yes")]
    Delete {
        #[command(flatten)]
        space: TenantSpace,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
}

pub(crate) fn run(command: &Command, session: &mut Session<'_>) -> Result<(), Failure> {
    match command {
        Command::List => list(session),
        Command::Show { tenant } => {
            let json = session.get(&path_of(tenant))?;
            write_value(session.console, session.format, &json)
        }
        Command::Create(new) => create(new, session),
        Command::Update(update) => {
            let answer = session.ask(Method::PATCH, &path_of(&update.tenant), Some(update.body()))?;
            session.done(&format!("tenant {} changed", update.tenant), &answer.text())
        }
        Command::Suspend(named) => {
            confirm(named, "Suspend", "suspended", session)?;
            set_state(&named.tenant, "suspended", session)
        }
        Command::Resume { tenant } => set_state(tenant, "active", session),
        Command::Delete { named, erase: false } => {
            confirm(named, "Delete", "deleted", session)?;
            delete(&named.tenant, session)
        }
        Command::Delete { named, erase: true } => {
            let done = "deleted with everything it has";
            confirm(named, "Delete everything of", done, session)?;
            erase(&named.tenant, session)
        }
        Command::Restore { tenant } => restore(tenant, session),
        Command::Spaces(Spaces::List { tenant }) => list_spaces(tenant, session),
        Command::Spaces(Spaces::Create(space)) => create_space(space, session),
        Command::Spaces(Spaces::Delete { space, yes }) => delete_space(space, *yes, session),
    }
}

fn list(session: &mut Session<'_>) -> Result<(), Failure> {
    let items = session.list("/v1/tenants", "tenants", usize::MAX)?;
    if session.format != Format::Table {
        return write_list(session.console, session.format, &items);
    }
    if items.is_empty() {
        session.console.note("there is no tenant");
        return Ok(());
    }
    let mut table = Table::new(&["TENANT", "NAME", "PLAN", "STATE", "SPACES", "CREATED"]);
    for item in &items {
        let tenant: Value = session.read("/v1/tenants", item.get())?;
        let text = |member: &str| text_of(&tenant[member]);
        table.row([
            text("tenantId"),
            text("name"),
            text("plan"),
            text("state"),
            tenant["spaces"].as_array().map_or(0, Vec::len).to_string(),
            text("createdAt"),
        ]);
    }
    session.console.line(table)
}

fn create(new: &New, session: &mut Session<'_>) -> Result<(), Failure> {
    let answer = session.ask(Method::POST, "/v1/tenants", Some(new.body()))?;
    let text = answer.text();
    let made: Value = session.read("/v1/tenants", &text)?;
    let id = session.needed("/v1/tenants", &made, "tenantId")?;
    session.done(&format!("tenant {} created", visible(id)), &text)
}

fn set_state(tenants: &[String], state: &str, session: &mut Session<'_>) -> Result<(), Failure> {
    for tenant in tenants {
        let body = json!({"state": state}).to_string();
        let answer = session.ask(Method::PATCH, &path_of(tenant), Some(body))?;
        session.done(&format!("tenant {tenant} is {state}"), &answer.text())?;
    }
    Ok(())
}

fn delete(tenants: &[String], session: &mut Session<'_>) -> Result<(), Failure> {
    for tenant in tenants {
        session.ask(Method::DELETE, &path_of(tenant), None)?;
        let answer = json!({"tenantId": tenant, "deleted": true});
        session.done(&format!("tenant {tenant} deleted"), &answer.to_string())?;
    }
    Ok(())
}

fn erase(tenants: &[String], session: &mut Session<'_>) -> Result<(), Failure> {
    for tenant in tenants {
        let path = format!("{}?erase=true", path_of(tenant));
        let text = session.ask(Method::DELETE, &path, None)?.text();
        let left: Value = session.read(&path, &text)?;
        let at = visible(&text_of(&left["deletion"]["at"]));
        let said = format!("tenant {tenant} is suspended, and everything it has is removed from {at} on");
        session.done(&said, &text)?;
    }
    Ok(())
}

fn restore(tenants: &[String], session: &mut Session<'_>) -> Result<(), Failure> {
    for tenant in tenants {
        let body = json!({"deletion": null, "state": "active"}).to_string();
        let answer = session.ask(Method::PATCH, &path_of(tenant), Some(body))?;
        session.done(&format!("tenant {tenant} stays and is active"), &answer.text())?;
    }
    Ok(())
}

fn list_spaces(tenant: &str, session: &mut Session<'_>) -> Result<(), Failure> {
    let path = format!("{}/spaces", path_of(tenant));
    let items = session.list(&path, "spaces", usize::MAX)?;
    if session.format != Format::Table {
        return write_list(session.console, session.format, &items);
    }
    if items.is_empty() {
        session.console.note("the tenant has no space");
        return Ok(());
    }
    let mut table = Table::new(&["SPACE"]);
    for item in &items {
        let space: Value = session.read(&path, item.get())?;
        table.row([text_of(&space["space"])]);
    }
    session.console.line(table)
}

fn create_space(space: &TenantSpace, session: &mut Session<'_>) -> Result<(), Failure> {
    let TenantSpace { tenant, name } = space;
    let path = format!("{}/spaces", path_of(tenant));
    let answer = session.ask(Method::POST, &path, Some(json!({"space": name}).to_string()))?;
    session.done(
        &format!("space {name} of tenant {tenant} created"),
        &answer.text(),
    )
}

fn delete_space(space: &TenantSpace, yes: bool, session: &mut Session<'_>) -> Result<(), Failure> {
    let TenantSpace { tenant, name } = space;
    if !yes {
        let question = format!("Take space {name} from tenant {tenant}?");
        let undone = format!("space {name} would be taken from tenant {tenant}");
        agreed(&question, &undone, session)?;
    }
    let path = format!("{}/spaces/{}", path_of(tenant), segment(name));
    session.ask(Method::DELETE, &path, None)?;
    let answer = json!({"tenantId": tenant, "space": name, "deleted": true});
    session.done(
        &format!("space {name} taken from tenant {tenant}"),
        &answer.to_string(),
    )
}

/// Asks before anything is done to any of them.
fn confirm(named: &Named, verb: &str, done: &str, session: &mut Session<'_>) -> Result<(), Failure> {
    if named.yes {
        return Ok(());
    }
    let mut asked_about = Vec::new();
    for tenant in &named.tenant {
        let path = path_of(tenant);
        let text = session.get(&path)?;
        let shown: Value = session.read(&path, &text)?;
        asked_about.push(format!("{tenant} (\"{}\")", visible(&text_of(&shown["name"]))));
    }
    let listed = asked_about.join(", ");
    let undone = format!("tenant {listed} would be {done}");
    agreed(&format!("{verb} tenant {listed}?"), &undone, session)
}

fn agreed(question: &str, undone: &str, session: &mut Session<'_>) -> Result<(), Failure> {
    if !session.console.is_interactive() {
        return Err(Failure::Usage(format!("{undone}: say so with --yes")));
    }
    if session.console.confirms(question)? {
        Ok(())
    } else {
        Err(Failure::Usage("nothing was done".to_owned()))
    }
}

fn path_of(tenant: &str) -> String {
    format!("/v1/tenants/{}", segment(tenant))
}
