//! What a command works with: the gateway, the streams, and the form of its answer.

use std::collections::HashMap;

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::answer::Answer;
use crate::api::Api;
use crate::console::{Console, visible};
use crate::failure::Failure;
use crate::http_client::MAX_ANSWER;
use crate::output::{Format, write_value};

/// A command's surroundings.
#[derive(Debug)]
pub(crate) struct Session<'c> {
    pub(crate) api: Api,
    pub(crate) console: &'c mut Console,
    pub(crate) format: Format,
}

impl Session<'_> {
    /// Asks the Configuration API and passes its warnings on.
    pub(crate) fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<Answer, Failure> {
        let answer = self.api.configuration(method, path, body)?;
        for warning in answer.warnings() {
            self.console.note(format_args!("warning: {}", visible(&warning)));
        }
        Ok(answer)
    }

    /// The body of the answer to a GET.
    pub(crate) fn get(&mut self, path: &str) -> Result<String, Failure> {
        Ok(self.ask(Method::GET, path, None)?.text())
    }

    /// One page of a list, and the parameter `next` of the page after it.
    pub(crate) fn page(
        &mut self,
        path: &str,
        member: &str,
    ) -> Result<(Vec<Box<RawValue>>, Option<String>), Failure> {
        let text = self.get(path)?;
        let mut answer: HashMap<String, Box<RawValue>> = self.read(path, &text)?;
        let items = match answer.remove(member) {
            Some(items) => self.read(path, items.get())?,
            None => return Err(self.foreign(path, format!("there is no \"{member}\" in it"))),
        };
        let next = match answer.remove("next") {
            Some(next) => Some(self.read(path, next.get())?),
            None => None,
        };
        Ok((items, next))
    }

    /// All pages of a list, or as many as have so many items.
    pub(crate) fn list(
        &mut self,
        path: &str,
        member: &str,
        most: usize,
    ) -> Result<Vec<Box<RawValue>>, Failure> {
        let (mut items, mut bytes) = (Vec::new(), 0);
        let mut at = path.to_owned();
        loop {
            let (page, next) = self.page(&at, member)?;
            bytes += page.iter().map(|item| item.get().len()).sum::<usize>();
            if bytes > MAX_ANSWER {
                return Err(self.foreign(path, "it has more pages than can be kept".to_owned()));
            }
            items.extend(page);
            items.truncate(most);
            let Some(next) = next.filter(|_| items.len() < most) else {
                return Ok(items);
            };
            let joint = if path.contains('?') { '&' } else { '?' };
            at = format!("{path}{joint}next={}", crate::api::segment(&next));
        }
    }

    /// JSON of an answer as a type.
    pub(crate) fn read<T: DeserializeOwned>(&self, path: &str, json: &str) -> Result<T, Failure> {
        serde_json::from_str(json).map_err(|err| self.foreign(path, err.to_string()))
    }

    /// Says what was done, for people in a sentence, for programs as the answer that there was.
    pub(crate) fn done(&mut self, sentence: &str, json: &str) -> Result<(), Failure> {
        match self.format {
            Format::Table => self.console.line(sentence),
            format => write_value(self.console, format, json),
        }
    }

    fn foreign(&self, path: &str, reason: String) -> Failure {
        Failure::Foreign {
            url: format!("{}{path}", self.api.connection.config_url),
            reason,
        }
    }
}
