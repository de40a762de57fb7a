//! What is to be fetched, and when. No I/O: time and jitter come in as arguments.

use std::collections::HashMap;

use wire::{Timestamp, TrustAnchorArn};
use x509::{Certificate, Serial};

use crate::fetch::{Location, Schedule, before_expiry};

/// How many things are fetched again and again: every certificate of a large fleet has its answer.
const MOST: usize = 200_000;

/// What a job fetches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Target {
    /// The list at this place.
    List { anchor: TrustAnchorArn, at: Location },
    /// The answer about a certificate.
    Answer {
        issuer_key: [u8; 32],
        serial: Serial,
        at: Location,
    },
}

/// Whom an answer is about: the certificate, and its issuer's.
pub(super) type About = (Certificate, Certificate);

#[derive(Debug)]
struct Job {
    due: Timestamp,
    running: bool,
    schedule: Schedule,
    about: Option<About>,
}

/// The times of what came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) this_update: Timestamp,
    pub(super) next_update: Option<Timestamp>,
}

/// Everything that is fetched.
#[derive(Debug, Default)]
pub(super) struct Jobs(HashMap<Target, Job>);

impl Jobs {
    /// Adds what is to be fetched at once, unless it is known; tells whether it is in.
    pub(super) fn add(&mut self, target: Target, about: Option<About>, now: Timestamp) -> bool {
        if self.0.contains_key(&target) {
            return true;
        }
        if self.0.len() >= MOST {
            return false;
        }
        self.0.insert(
            target,
            Job {
                due: now,
                running: false,
                schedule: Schedule::default(),
                about,
            },
        );
        true
    }

    /// Says that what a target would bring is at hand already, from before a restart.
    pub(super) fn at_hand(&mut self, target: &Target, times: Times, now: Timestamp, jitter: u32) {
        if let Some(job) = self.0.get_mut(target) {
            job.due = before_expiry(now, times.this_update, times.next_update, jitter);
        }
    }

    /// What is due, at most so many; it runs from now on.
    pub(super) fn start_due(&mut self, now: Timestamp, most: usize) -> Vec<(Target, Option<About>)> {
        let due = self
            .0
            .iter_mut()
            .filter(|(_, job)| !job.running && job.due <= now);
        due.take(most)
            .map(|(target, job)| {
                job.running = true;
                (target.clone(), job.about.clone())
            })
            .collect()
    }

    /// Something came.
    pub(super) fn fetched(&mut self, target: &Target, times: Times, now: Timestamp, jitter: u32) {
        if let Some(job) = self.0.get_mut(target) {
            job.running = false;
            job.due = job
                .schedule
                .fetched(now, times.this_update, times.next_update, jitter);
        }
    }

    /// Nothing came, or nothing that could be used; tells how often in a row.
    pub(super) fn failed(&mut self, target: &Target, now: Timestamp, jitter: u32) -> u32 {
        self.0.get_mut(target).map_or(0, |job| {
            job.running = false;
            job.due = job.schedule.failed(now, jitter);
            job.schedule.failures()
        })
    }

    /// What failed for want of an issuer may not fail again: an anchor's lists are tried now.
    pub(super) fn retry_lists(&mut self, of: &TrustAnchorArn, now: Timestamp) {
        for (target, job) in &mut self.0 {
            let of_anchor = matches!(target, Target::List { anchor, .. } if anchor == of);
            if of_anchor && job.schedule.failures() > 0 {
                job.due = now;
            }
        }
    }

    /// Forgets what is about certificates that are over, and lists of anchors that are gone.
    pub(super) fn clean(&mut self, now: Timestamp, is_there: impl Fn(&TrustAnchorArn) -> bool) {
        self.0.retain(|target, job| match target {
            Target::List { anchor, .. } => is_there(anchor),
            Target::Answer { .. } => job
                .about
                .as_ref()
                .is_some_and(|(leaf, _)| leaf.not_after() >= now),
        });
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
