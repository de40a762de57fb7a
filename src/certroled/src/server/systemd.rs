//! Telling systemd how things stand, where it asked to be told.

use std::time::Duration;

use sd_notify::NotifyState;

/// The daemon answers.
pub(crate) fn ready() {
    notify(&[NotifyState::Ready]);
}

/// A reload begins; [`ready`] ends it.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(_) => notify(&[NotifyState::Reloading]),
    }
}

/// The daemon finishes what is in flight.
pub(crate) fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// Says that the daemon is alive, as often as systemd asked to hear it.
pub(crate) async fn watchdog() {
    let Some(every) = sd_notify::watchdog_enabled() else {
        return std::future::pending().await;
    };
    let mut beat = tokio::time::interval((every / 2).max(Duration::from_millis(100)));
    loop {
        beat.tick().await;
        notify(&[NotifyState::Watchdog]);
    }
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd could not be told");
    }
}
