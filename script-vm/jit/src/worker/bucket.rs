//! CPU time that workers may use: refilled by the frame, spent by everyone.
//!
//! Counted in nanoseconds, so that short stages are not lost to rounding. Invariants: a refill never lifts it above
//! the cap; it falls below zero only by what stages took beyond it, which later refills pay back. All operations are
//! single atomic steps; `SeqCst`, because the waiting protocol in `control.rs` needs one order of all of them.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::SeqCst};

pub(super) struct Bucket {
    tokens_ns: AtomicI64,
    cap_ns: AtomicI64,
    paused: AtomicBool,
    used_ns: AtomicU64,
}

fn to_ns(us: f64) -> i64 {
    // The cast saturates and makes 0 of NaN.
    (us * 1000.0) as i64
}

impl Bucket {
    pub(super) fn new(cap_us: f64) -> Bucket {
        Bucket {
            tokens_ns: AtomicI64::new(0),
            cap_ns: AtomicI64::new(to_ns(cap_us).max(1)),
            paused: AtomicBool::new(false),
            used_ns: AtomicU64::new(0),
        }
    }

    pub(super) fn refill(&self, allowance_us: f64, cap_us: f64) {
        let (allowance, cap) = (to_ns(allowance_us).max(0), to_ns(cap_us).max(1));
        self.cap_ns.store(cap, SeqCst);
        let mut tokens = self.tokens_ns.load(SeqCst);
        loop {
            let filled = tokens.saturating_add(allowance).min(cap);
            match self.tokens_ns.compare_exchange_weak(tokens, filled, SeqCst, SeqCst) {
                Ok(_) => return,
                Err(now) => tokens = now,
            }
        }
    }

    /// Takes what a job is predicted to cost, if there is that much, or all there is if the bucket is as full as it
    /// gets. Returns what was taken, in nanoseconds.
    pub(super) fn begin(&self, predicted_us: f64) -> Option<i64> {
        let predicted = to_ns(predicted_us).max(0);
        let mut tokens = self.tokens_ns.load(SeqCst);
        loop {
            let fits = tokens >= predicted || tokens >= self.cap_ns.load(SeqCst);
            if !fits || tokens <= 0 || self.paused.load(SeqCst) {
                return None;
            }
            let taken = predicted.min(tokens);
            match self.tokens_ns.compare_exchange_weak(tokens, tokens - taken, SeqCst, SeqCst) {
                Ok(_) => return Some(taken),
                Err(now) => tokens = now,
            }
        }
    }

    /// Time was used, of which `prepaid_ns` had been taken before.
    pub(super) fn charge(&self, used_ns: i64, prepaid_ns: i64) {
        self.used_ns.fetch_add(used_ns.max(0).unsigned_abs(), SeqCst);
        self.tokens_ns.fetch_sub(used_ns - prepaid_ns, SeqCst);
    }

    /// Gives back what was taken and not used.
    pub(super) fn give_back(&self, prepaid_ns: i64) {
        self.tokens_ns.fetch_add(prepaid_ns, SeqCst);
    }

    /// Whether a job that has used up what it took may go on.
    pub(super) fn is_open(&self) -> bool {
        self.tokens_ns.load(SeqCst) > 0 && !self.is_paused()
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused.load(SeqCst)
    }

    pub(super) fn set_paused(&self, paused: bool) {
        self.paused.store(paused, SeqCst);
    }

    pub(super) fn take_used_us(&self) -> f64 {
        self.used_ns.swap(0, SeqCst) as f64 / 1000.0
    }

    pub(super) fn tokens_us(&self) -> f64 {
        self.tokens_ns.load(SeqCst) as f64 / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_no_more_than_its_cap() {
        let bucket = Bucket::new(100.0);
        bucket.refill(80.0, 100.0);
        bucket.refill(80.0, 100.0);
        assert_eq!(bucket.tokens_us(), 100.0);
        bucket.refill(0.0, 50.0);
        assert_eq!(bucket.tokens_us(), 50.0);
    }

    #[test]
    fn a_job_begins_if_it_fits_or_the_bucket_is_full() {
        let bucket = Bucket::new(100.0);
        assert_eq!(bucket.begin(0.0), None);
        bucket.refill(60.0, 100.0);
        assert_eq!(bucket.begin(70.0), None);
        assert_eq!(bucket.begin(50.0), Some(50_000));
        bucket.refill(90.0, 100.0);
        assert_eq!(bucket.tokens_us(), 100.0);
        assert_eq!(bucket.begin(5000.0), Some(100_000));
        assert_eq!(bucket.tokens_us(), 0.0);
    }

    #[test]
    fn overdrafts_are_paid_back_and_rests_given_back() {
        let bucket = Bucket::new(100.0);
        bucket.refill(100.0, 100.0);
        let taken = bucket.begin(40.0).unwrap();
        bucket.charge(150_000, taken);
        assert_eq!(bucket.tokens_us(), -50.0);
        assert!(!bucket.is_open());
        bucket.refill(60.0, 100.0);
        assert!(bucket.is_open());
        bucket.give_back(5_000);
        assert_eq!(bucket.tokens_us(), 15.0);
        assert_eq!(bucket.take_used_us(), 150.0);
        assert_eq!(bucket.take_used_us(), 0.0);
    }

    #[test]
    fn nothing_begins_while_paused() {
        let bucket = Bucket::new(100.0);
        bucket.refill(100.0, 100.0);
        bucket.set_paused(true);
        assert_eq!(bucket.begin(1.0), None);
        assert!(!bucket.is_open());
        bucket.set_paused(false);
        assert!(bucket.begin(1.0).is_some());
    }
}
