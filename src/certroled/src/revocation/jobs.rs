//! What is to be fetched, and when. No I/O: time and jitter come in as arguments.

use std::collections::{HashMap, HashSet};

use wire::{Timestamp, TrustAnchorArn};
use x509::{Certificate, Serial};

use crate::fetch::{Host, Location, Schedule, before_expiry};

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

impl Target {
    /// Where it is fetched.
    pub(super) fn at(&self) -> &Location {
        match self {
            Self::List { at, .. } | Self::Answer { at, .. } => at,
        }
    }
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
pub(super) struct Jobs {
    by_target: HashMap<Target, Job>,
    /// Hosts of which something runs. Each has one turn at a time, so that one that is slow, with however many lists,
    /// holds up no other.
    busy: HashSet<Host>,
}

impl Jobs {
    /// Adds what is to be fetched at once, unless it is known; tells whether it is in.
    pub(super) fn add(&mut self, target: Target, about: Option<About>, now: Timestamp) -> bool {
        if self.by_target.contains_key(&target) {
            return true;
        }
        if self.by_target.len() >= MOST {
            return false;
        }
        self.by_target.insert(
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
        if let Some(job) = self.by_target.get_mut(target) {
            job.due = before_expiry(now, times.this_update, times.next_update, jitter);
        }
    }

    /// What is due, at most so many and one of each host; it runs from now on.
    pub(super) fn start_due(&mut self, now: Timestamp, most: usize) -> Vec<(Target, Option<About>)> {
        let mut started = Vec::new();
        for (target, job) in &mut self.by_target {
            if started.len() >= most {
                break;
            }
            let host = target.at().host();
            if !job.running && job.due <= now && !self.busy.contains(host) {
                self.busy.insert(host.clone());
                job.running = true;
                started.push((target.clone(), job.about.clone()));
            }
        }
        started
    }

    /// Something came.
    pub(super) fn fetched(&mut self, target: &Target, times: Times, now: Timestamp, jitter: u32) {
        self.busy.remove(target.at().host());
        if let Some(job) = self.by_target.get_mut(target) {
            job.running = false;
            job.due = job
                .schedule
                .fetched(now, times.this_update, times.next_update, jitter);
        }
    }

    /// Nothing came, or nothing that could be used; tells how often in a row.
    pub(super) fn failed(&mut self, target: &Target, now: Timestamp, jitter: u32) -> u32 {
        self.busy.remove(target.at().host());
        self.by_target.get_mut(target).map_or(0, |job| {
            job.running = false;
            job.due = job.schedule.failed(now, jitter);
            job.schedule.failures()
        })
    }

    /// What failed for want of an issuer may not fail again: an anchor's lists are tried now.
    pub(super) fn retry_lists(&mut self, of: &TrustAnchorArn, now: Timestamp) {
        for (target, job) in &mut self.by_target {
            let of_anchor = matches!(target, Target::List { anchor, .. } if anchor == of);
            if of_anchor && job.schedule.failures() > 0 {
                job.due = now;
            }
        }
    }

    /// Forgets what is about certificates that are over, and lists of anchors that are gone.
    pub(super) fn clean(&mut self, now: Timestamp, is_there: impl Fn(&TrustAnchorArn) -> bool) {
        self.by_target.retain(|target, job| match target {
            Target::List { anchor, .. } => is_there(anchor),
            Target::Answer { .. } => job
                .about
                .as_ref()
                .is_some_and(|(leaf, _)| leaf.not_after() >= now),
        });
    }

    pub(super) fn len(&self) -> usize {
        self.by_target.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn list(at: &str) -> Target {
        Target::List {
            anchor: "arn:aws:rolesanywhere:eu-local-1:111122223333:trust-anchor/11111111-2222-3333-4444-555555555555"
                .parse()
                .unwrap(),
            at: at.parse().unwrap(),
        }
    }

    #[test]
    fn each_host_has_one_turn_at_a_time() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let mut jobs = Jobs::default();
        for number in 0..100 {
            jobs.add(list(&format!("http://slow.example.com/{number}")), None, now);
        }
        let other = list("http://other.example.com/");
        jobs.add(other.clone(), None, now);
        let started = jobs.start_due(now, 64);
        assert_eq!(started.len(), 2, "one of each host");
        assert!(started.iter().any(|(target, _)| *target == other));
        assert!(jobs.start_due(now, 64).is_empty(), "both still run");
        for (target, _) in started {
            jobs.failed(&target, now, 0);
        }
        // What failed has its turn later; the next of the slow host has it now.
        let next = jobs.start_due(now, 64);
        assert_eq!(next.len(), 1);
        assert_eq!(
            next[0].0.at().host(),
            list("http://slow.example.com/").at().host()
        );
        assert_eq!(jobs.start_due(now.plus(60), 64).len(), 1, "the other host's");
    }

    #[test]
    fn what_came_is_fetched_again_before_it_ends_and_what_is_over_is_forgotten() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let mut jobs = Jobs::default();
        let target = list("http://crl.example.com/");
        assert!(jobs.add(target.clone(), None, now));
        assert_eq!(jobs.start_due(now, 64).len(), 1);
        let times = Times {
            this_update: now,
            next_update: Some(now.plus(3600)),
        };
        jobs.fetched(&target, times, now, 0);
        assert!(jobs.add(target.clone(), None, now), "it is known");
        assert!(jobs.start_due(now.plus(2879), 64).is_empty());
        assert_eq!(jobs.start_due(now.plus(2880), 64).len(), 1);
        jobs.clean(now, |_| false);
        assert_eq!(jobs.len(), 0);
    }
}
