//! Removes what a run created, so that it does not receive the events of other cases.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Differences, Run, TIMEOUT, fault};
use crate::{
    client::{Api, Request},
    contract::matching::excerpt,
};

/// Collections with the member that lists them and the member that names an entry, in the order of removal.
const COLLECTIONS: [(&str, &str, &str); 4] = [
    ("subscriptions", "subscriptions", "subscriptionId"),
    ("cors", "cors", "corsId"),
    ("eventtypes", "eventTypes", "name"),
    ("functions", "functions", "functionId"),
];

impl Run<'_> {
    /// Remembers which spaces of its own the run writes to; others are the case's own business.
    pub(super) fn note_space(&mut self, api: Api, request: &Request) {
        let writes = matches!(request.method.as_str(), "POST" | "PUT");
        let rest = request
            .target
            .strip_prefix("/v1/spaces/")
            .filter(|_| writes && api == Api::Config);
        let space = rest.and_then(|rest| rest.split(['/', '?']).next());
        self.spaces.extend(
            space
                .filter(|space| space.contains(&self.token))
                .map(str::to_owned),
        );
    }

    pub(super) async fn remove_all(&self) -> Result<(), Differences> {
        for space in &self.spaces {
            for (collection, list, id) in COLLECTIONS {
                let collection = format!("/v1/spaces/{space}/{collection}");
                let listed = self.get(&collection).await?.json().unwrap_or_default();
                for entry in listed[list].as_array().into_iter().flatten() {
                    let id = entry[id].as_str().unwrap_or_default();
                    // The id of a CORS configuration is escaped already, docs/contract.md §1.9.
                    let id = if list == "cors" { id.to_owned() } else { escape(id) };
                    self.remove(format!("{collection}/{id}")).await?;
                }
            }
            self.remove(format!("/v1/spaces/{space}")).await?;
        }
        Ok(())
    }

    async fn remove(&self, target: String) -> Result<(), Differences> {
        let request = Request {
            method: "DELETE".to_owned(),
            target,
            ..Request::default()
        };
        let answer = self
            .host
            .send(Api::Config, &request, TIMEOUT)
            .await
            .map_err(|e| fault(&e))?;
        if answer.status != 204 {
            let got = format!("{} {}", answer.status, excerpt(&answer.text()));
            return Err(vec![format!("removing {} gave {got}", request.target)]);
        }
        Ok(())
    }
}

fn escape(id: &str) -> String {
    utf8_percent_encode(id, NON_ALPHANUMERIC).to_string()
}
