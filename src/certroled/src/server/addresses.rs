//! What one address may have: connections at once, and requests a second. An IPv6 subscriber has a /64, which counts
//! as one.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The addresses whose rate is remembered; beyond that the fullest buckets are forgotten first.
const REMEMBERED: usize = 65_536;

/// What one subscriber holds.
pub(crate) fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let bits = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(bits))
        }
    }
}

/// Connections at once, by subscriber.
#[derive(Debug)]
pub(crate) struct Connections {
    most: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// A place among the connections of a subscriber, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    connections: Arc<Connections>,
    subscriber: IpAddr,
}

impl Connections {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            open: Mutex::default(),
        })
    }

    pub(crate) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let subscriber = subscriber(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let held = open.entry(subscriber).or_insert(0);
        if *held >= self.most {
            return None;
        }
        *held = held.saturating_add(1);
        Some(Place {
            connections: Arc::clone(self),
            subscriber,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self
            .connections
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = open.get_mut(&self.subscriber) {
            *held = held.saturating_sub(1);
            if *held == 0 {
                open.remove(&self.subscriber);
            }
        }
    }
}

/// A rate for each subscriber: so many a second in the long run, and a burst on top.
#[derive(Debug)]
pub(crate) struct Rates {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Rates {
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        let burst = f64::from(burst.max(per_second));
        Self {
            per_second: f64::from(per_second),
            burst,
            buckets: Mutex::default(),
        }
    }

    /// Whether one more request of this address is within its rate.
    pub(crate) fn admit(&self, address: IpAddr, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= REMEMBERED {
            // Whoever's bucket has filled up again is as good as unknown.
            buckets.retain(|_, bucket| self.tokens(bucket, now) < self.burst);
            if buckets.len() >= REMEMBERED {
                // More busy addresses than are remembered: an attack from everywhere. What bounds that is the number
                // of connections and of requests in flight.
                buckets.clear();
            }
        }
        let bucket = buckets.entry(subscriber(address)).or_insert(Bucket {
            tokens: self.burst,
            at: now,
        });
        let tokens = self.tokens(bucket, now);
        let admitted = tokens >= 1.0;
        *bucket = Bucket {
            tokens: if admitted { tokens - 1.0 } else { tokens },
            at: now,
        };
        admitted
    }

    fn tokens(&self, bucket: &Bucket, now: Instant) -> f64 {
        let since = now.saturating_duration_since(bucket.at).as_secs_f64();
        since.mul_add(self.per_second, bucket.tokens).min(self.burst)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_address_cannot_take_every_connection() {
        let connections = Connections::new(2);
        let one: IpAddr = "2001:db8::1".parse().unwrap();
        let neighbour: IpAddr = "2001:db8::ffff".parse().unwrap();
        let stranger: IpAddr = "192.0.2.1".parse().unwrap();
        let first = connections.take(one).unwrap();
        let _second = connections.take(neighbour).unwrap();
        assert!(connections.take(one).is_none());
        assert!(connections.take(stranger).is_some());
        drop(first);
        assert!(connections.take(one).is_some());
        assert_eq!(
            connections.open.lock().unwrap().len(),
            1,
            "nobody is remembered without need"
        );
    }

    #[test]
    fn a_rate_is_a_burst_and_then_so_many_a_second() {
        let rates = Rates::new(10, 20);
        let start = Instant::now();
        let one: IpAddr = "192.0.2.1".parse().unwrap();
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().unwrap();
        let admitted = (0..50).filter(|_| rates.admit(one, start)).count();
        assert_eq!(admitted, 20);
        assert!(
            !rates.admit(mapped, start),
            "an IPv4 address in an IPv6 one is the same subscriber"
        );
        assert!(
            rates.admit("192.0.2.2".parse().unwrap(), start),
            "others are not held back"
        );
        let later = start + Duration::from_secs(1);
        assert_eq!((0..50).filter(|_| rates.admit(one, later)).count(), 10);
        assert_eq!(
            (0..50)
                .filter(|_| rates.admit(one, later + Duration::from_secs(60)))
                .count(),
            20
        );
    }
}
