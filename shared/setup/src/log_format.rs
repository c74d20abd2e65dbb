//! The two forms of log lines that operators know (docs/contract.md §6).

use std::fmt;

use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::macros::format_description;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::log_field::{cut, cut_debug};
use crate::settings::LogFormat;

impl<S, N> FormatEvent<S, N> for LogFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let now = OffsetDateTime::now_utc();
        let level = event.metadata().level();
        match self {
            Self::Json => write_json(&mut writer, now, level.as_str(), fields),
            Self::Text => write_text(&mut writer, now, level.as_str(), &fields),
        }
    }
}

impl LogFormat {
    /// A line that has a document in it, whole, with the level `info`.
    pub(crate) fn line(self, message: &str, name: &str, document: Value) -> String {
        let fields = Fields {
            message: message.to_owned(),
            others: Map::from_iter([(name.to_owned(), document)]),
        };
        let (now, mut line) = (OffsetDateTime::now_utc(), String::new());
        let mut writer = Writer::new(&mut line);
        // Writing to a text does not fail.
        let _ = match self {
            Self::Json => write_json(&mut writer, now, "INFO", fields),
            Self::Text => write_text(&mut writer, now, "INFO", &fields),
        };
        line
    }
}

fn write_json(writer: &mut Writer<'_>, now: OffsetDateTime, level: &str, fields: Fields) -> fmt::Result {
    let seconds = now.unix_timestamp();
    let micros = now.microsecond();
    let message = Value::from(fields.message);
    write!(
        writer,
        r#"{{"level":"{}","ts":{seconds}.{micros:06},"msg":{message}"#,
        level.to_ascii_lowercase()
    )?;
    for (name, value) in fields.others {
        write!(writer, ",{}:{value}", Value::from(name))?;
    }
    writeln!(writer, "}}")
}

fn write_text(writer: &mut Writer<'_>, now: OffsetDateTime, level: &str, fields: &Fields) -> fmt::Result {
    let time = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    write!(
        writer,
        "{}\t{level}\t{}",
        now.format(&time).map_err(|_| fmt::Error)?,
        fields.message
    )?;
    if !fields.others.is_empty() {
        write!(writer, "\t{}", Value::Object(fields.others.clone()))?;
    }
    writeln!(writer)
}

/// The message and the other fields of a log event.
#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = cut_debug(value);
        if field.name() == "message" {
            self.message = text;
        } else {
            self.others.insert(field.name().to_owned(), text.into());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.others
            .insert(field.name().to_owned(), cut(value).into_owned().into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.others.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.others.insert(field.name().to_owned(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.others.insert(field.name().to_owned(), value.into());
    }
}
