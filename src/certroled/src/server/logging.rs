//! The log on standard error: JSON or text, one record a line. What is secret has types that do not show it.

use tracing_subscriber::fmt;

use crate::config::{LogFormat, LogSettings};

/// Begins to log. The first call counts; a second one, as in tests, changes nothing.
pub(crate) fn begin(settings: LogSettings) {
    let builder = fmt()
        .with_max_level(settings.level)
        .with_writer(std::io::stderr)
        .with_target(false);
    let _ = match settings.format {
        LogFormat::Json => {
            tracing::subscriber::set_global_default(builder.json().flatten_event(true).finish())
        }
        LogFormat::Text => tracing::subscriber::set_global_default(builder.with_ansi(false).finish()),
    };
}
