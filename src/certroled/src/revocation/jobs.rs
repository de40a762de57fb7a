//! What is to be fetched, and when. No I/O: time and jitter come in as arguments.

use std::collections::{BTreeMap, HashMap};

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
    /// When, and a number of its own: where it stands in its host's queue, while it waits.
    place: (Timestamp, u64),
    schedule: Schedule,
    about: Option<About>,
}

/// What is fetched from one host. It has one turn at a time, so that a host that is slow, with however many lists, holds
/// up no other.
#[derive(Debug, Default)]
struct Queue {
    busy: bool,
    waiting: BTreeMap<(Timestamp, u64), Target>,
}

/// The times of what came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) this_update: Timestamp,
    pub(super) next_update: Option<Timestamp>,
}

/// Everything that is fetched. What is due is found at the head of each host's queue, however many things wait: the
/// question is asked with every path that is met.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    by_target: HashMap<Target, Job>,
    by_host: HashMap<Host, Queue>,
    added: u64,
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
        self.added = self.added.wrapping_add(1);
        let job = Job {
            place: (now, self.added),
            schedule: Schedule::default(),
            about,
        };
        self.by_target.insert(target.clone(), job);
        self.wait(&target, now);
        true
    }

    /// Says that what a target would bring is at hand already, from before a restart.
    pub(super) fn at_hand(&mut self, target: &Target, times: Times, now: Timestamp, jitter: u32) {
        if self.leave(target) {
            let due = before_expiry(now, times.this_update, times.next_update, jitter);
            self.wait(target, due);
        }
    }

    /// What is due, at most so many and one of each host; it runs from now on.
    pub(super) fn start_due(&mut self, now: Timestamp, most: usize) -> Vec<(Target, Option<About>)> {
        let free = self.by_host.values_mut().filter(|queue| !queue.busy);
        let due = free.filter_map(|queue| {
            let first = queue.waiting.first_entry()?;
            let (due, _) = *first.key();
            if due > now {
                return None;
            }
            let target = first.remove();
            queue.busy = true;
            Some(target)
        });
        let due: Vec<Target> = due.take(most).collect();
        due.into_iter()
            .map(|target| {
                let about = self.by_target.get(&target).and_then(|job| job.about.clone());
                (target, about)
            })
            .collect()
    }

    /// Something came.
    pub(super) fn fetched(&mut self, target: &Target, times: Times, now: Timestamp, jitter: u32) {
        self.end_turn(target, |schedule| {
            schedule.fetched(now, times.this_update, times.next_update, jitter)
        });
    }

    /// Nothing came, or nothing that could be used; tells how often in a row.
    pub(super) fn failed(&mut self, target: &Target, now: Timestamp, jitter: u32) -> u32 {
        self.end_turn(target, |schedule| schedule.failed(now, jitter));
        self.by_target
            .get(target)
            .map_or(0, |job| job.schedule.failures())
    }

    /// What failed for want of an issuer may not fail again: an anchor's lists are tried now.
    pub(super) fn retry_lists(&mut self, of: &TrustAnchorArn, now: Timestamp) {
        let failed = self.by_target.iter().filter(|(target, job)| {
            matches!(target, Target::List { anchor, .. } if anchor == of) && job.schedule.failures() > 0
        });
        let failed: Vec<Target> = failed.map(|(target, _)| target.clone()).collect();
        for target in failed {
            if self.leave(&target) {
                self.wait(&target, now);
            }
        }
    }

    /// Forgets what is about certificates that are over, and lists of anchors that are gone.
    pub(super) fn clean(&mut self, now: Timestamp, is_there: impl Fn(&TrustAnchorArn) -> bool) {
        let over = self.by_target.iter().filter(|(target, job)| match target {
            Target::List { anchor, .. } => !is_there(anchor),
            Target::Answer { .. } => job.about.as_ref().is_none_or(|(leaf, _)| leaf.not_after() < now),
        });
        let over: Vec<Target> = over.map(|(target, _)| target.clone()).collect();
        for target in over {
            self.leave(&target);
            self.by_target.remove(&target);
        }
        self.by_host
            .retain(|_, queue| queue.busy || !queue.waiting.is_empty());
    }

    pub(super) fn len(&self) -> usize {
        self.by_target.len()
    }

    /// Puts a job into its host's queue.
    fn wait(&mut self, target: &Target, due: Timestamp) {
        if let Some(job) = self.by_target.get_mut(target) {
            job.place.0 = due;
            let queue = self.by_host.entry(target.at().host().clone()).or_default();
            queue.waiting.insert(job.place, target.clone());
        }
    }

    /// Takes a job out of its host's queue; tells whether it was there, and did not run.
    fn leave(&mut self, target: &Target) -> bool {
        let queue = self.by_host.get_mut(target.at().host());
        let place = self.by_target.get(target).map(|job| job.place);
        queue
            .zip(place)
            .is_some_and(|(queue, place)| queue.waiting.remove(&place).is_some())
    }

    /// The host is free again, and the job waits for its next time, unless it was forgotten meanwhile.
    fn end_turn(&mut self, target: &Target, next: impl FnOnce(&mut Schedule) -> Timestamp) {
        if let Some(queue) = self.by_host.get_mut(target.at().host()) {
            queue.busy = false;
        }
        if let Some(job) = self.by_target.get_mut(target) {
            let due = next(&mut job.schedule);
            self.wait(target, due);
        }
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

    #[test]
    fn lists_that_failed_are_tried_when_an_issuer_is_learnt_and_those_at_hand_are_not() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let (failed, at_hand) = (list("http://one.example.com/"), list("http://two.example.com/"));
        let Target::List { anchor, .. } = &failed else {
            unreachable!()
        };
        let mut jobs = Jobs::default();
        for target in [&failed, &at_hand] {
            jobs.add(target.clone(), None, now);
        }
        let times = Times {
            this_update: now,
            next_update: Some(now.plus(3600)),
        };
        jobs.at_hand(&at_hand, times, now, 0);
        assert_eq!(jobs.start_due(now, 64).len(), 1);
        jobs.at_hand(&failed, times, now, 0);
        assert_eq!(jobs.failed(&failed, now, 0), 1, "what runs is not at hand");
        assert!(jobs.start_due(now, 64).is_empty());
        jobs.retry_lists(anchor, now);
        let started = jobs.start_due(now, 64);
        assert_eq!(started.len(), 1);
        assert_eq!(started[0].0, failed);
        // Forgotten while it runs: its host is free again, and it does not come back.
        jobs.clean(now, |_| false);
        jobs.failed(&failed, now, 0);
        assert_eq!(jobs.len(), 0);
        jobs.add(list("http://one.example.com/new"), None, now);
        assert_eq!(jobs.start_due(now, 64).len(), 1);
    }
}
