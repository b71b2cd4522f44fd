//! The numbers that the compile policy can be tuned by, with their units and why they are what they are.
//!
//! One table, passed to whoever decides. Each reader clamps what would make no sense to it. Neighbours: `cost_model`,
//! `economics`, `governor`, `ledger`, `queue`, `scheduler`.

use crate::economics::Thresholds;

/// The table. Arrays have a row for each tier, in the order of [`Tier::ALL`](crate::Tier::ALL).
#[derive(Clone, PartialEq, Debug)]
pub struct Tunables {
    // --- Hotness
    /// Longest time that one sample may charge to a function, in microseconds. A quantum takes 0.5 to 100; what is longer
    /// was spent in the collector, in a native function or waiting for a core.
    pub max_sample_us: f64,
    /// Shortest time between two samples, in microseconds. To take one takes 0.3.
    pub min_sample_us: f64,
    /// Frames after which a measurement has lost half of its weight in the time per frame. Long enough that a function
    /// sampled every few frames has a steady value, short enough to follow a change of scene within a second.
    pub rate_halving_frames: f64,
    /// A function lives on through a pause of this many frames; after a longer one its life begins to count anew.
    pub life_gap_frames: f64,
    /// Functions known at once. Beyond it the coldest of a few is forgotten.
    pub max_functions: usize,

    // --- Decision
    /// Samples before a function's time is believed. Those of twelve are off by a quarter or less two times in three;
    /// more would make functions wait that take little of each frame.
    pub min_samples: u32,
    /// Functions that take less are left alone, in microseconds a frame.
    pub min_time_us_per_frame: f64,
    /// Price of CPU time on an idle core, as a share of the full price: memory bandwidth, heat, battery.
    pub idle_price: f64,
    /// First guess of how many times as fast each tier runs as the one below it.
    pub speedup_prior: [f64; 3],
    /// Weight of one observed speed-up against what is expected (0 … 1).
    pub speedup_weight: f64,
    /// An observed speed-up further off than this factor counts as off by this factor.
    pub speedup_outlier_factor: f64,

    // --- Inlining
    /// Time that a call takes less if the callee is part of the caller, in microseconds: frame, arguments, results, and
    /// what is known of them.
    pub inline_saving_us: f64,
    /// Machine code by which the caller grows, in bytes for a bytecode instruction of the callee.
    pub inline_bytes_per_bytecode: f64,
    /// What a byte more of code costs in each frame, in microseconds: a line of 64 bytes that is fetched again takes some
    /// ten nanoseconds.
    pub byte_cost_us_per_frame: f64,

    // --- Bets of optimized code
    /// Exits of one place before its bet is judged: the first few are how code learns what it did not know.
    pub min_exits: u32,
    /// What an exit costs, in microseconds, besides the slower code that follows it: 0.03 to 0.05 by `interlune run
    /// --jit-sync --deopt-stress 10` beside `--jit baseline`, with all of it in the cache.
    pub deopt_us: f64,
    /// Calls and back-edges of a run, if a call takes more: after an exit a loop is back in optimized code when its fuel
    /// has run out.
    pub run_units: f64,
    /// What code without a bet is expected to save, as a share of what it saves with it. A guess, not measured: one instruction of it becomes
    /// what the tier below makes of it, the others stay.
    pub saving_without_bet: f64,
    /// A function whose code was dropped so often stays in the tier below.
    pub max_drops: u32,
    /// The same where no clock is read, and every place that was left `min_exits` times loses its bet.
    pub max_drops_by_count: u32,
    /// But a place that is left no more often than once in so many calls and back-edges keeps it: about a hundredth of them
    /// is in baseline code before optimized code goes on.
    pub rare_exit_units: u64,

    // --- What came of it
    /// Frames in a window over which saving is measured, on both sides of an install. A second at 60 Hz.
    pub window_frames: f64,
    /// A window with fewer samples than this is extended, in calls and back-edges. Eight quanta.
    pub min_window_units: f64,
    /// Code that lost in this many windows in a row is undone.
    pub undo_windows: u32,
    /// Slower than before by more than this share counts as a loss. Less is noise: what a call has to do changes as the
    /// game goes on.
    pub undo_margin: f64,

    // --- Cost model
    /// First guess of what a compilation takes besides the time for its bytecode, in microseconds.
    pub cost_base_us: [f64; 3],
    /// First guess of compile time in microseconds for a bytecode instruction. About 10 CLIF instructions at 0.45 µs
    /// in the baseline tier; more of them, and a slower register allocator, in the optimizing one.
    pub cost_us_per_bytecode: [f64; 3],
    /// What cold caches add to a compilation, whatever its size, in microseconds.
    pub cold_cache_us: f64,
    /// A compilation counts as cold if the last one ended this many microseconds before.
    pub cold_after_us: u64,
    /// What remains of an observation's weight after each later one. 0.98 remembers about 50.
    pub cost_memory: f64,
    /// Weight of the first guess, in observations.
    pub cost_prior_weight: f64,
    /// An observation further off than this many times the typical error counts as that far off: it met a page fault
    /// or another program, not a property of the compiler.
    pub cost_outlier_errors: f64,

    // --- Want of room
    /// A function whose code was thrown out for want of room is left alone for this many frames; twice as many the next
    /// time, unless its code stayed for long. A second: what throws it out is hot, too.
    pub evicted_wait_frames: f64,
    /// Limit of that doubling, in frames. A compilation a minute is not felt.
    pub max_evicted_wait_frames: f64,

    // --- Queue
    /// Functions that may wait.
    pub max_queued: usize,
    /// Waiting this many frames doubles a function's priority, so that nothing waits forever.
    pub ageing_doubling_frames: f64,
    /// A waiting function that was not sampled for this many frames is dropped.
    pub cold_frames: f64,
    /// Compilations requested and not yet installed, at most. More would grow stale outside of the queue's order.
    pub max_in_flight: usize,
    /// Requested work is kept to this many frames' allowance, so that workers have enough between two frames and no
    /// more.
    pub in_flight_frames: f64,

    // --- Batches of code
    /// Code that one worker finishes as one is at most this large, in bytes. Sixteen pages, ten functions or so: half a
    /// page in sixteen is wasted, and a function that lives on alone keeps no more than that.
    pub batch_bytes: usize,
    /// A finished function waits for others of its batch this long, in microseconds. A quarter of a frame.
    pub batch_hold_us: f64,
    /// The same where no frames come, and a script waits for each result.
    pub wall_batch_hold_us: f64,

    // --- Main thread
    /// Time that the looks, requests and installs of one frame may take together on the VM's thread, in microseconds: what
    /// was begun is ended, and one of each is done always. Half of what a frame is allowed: clocks and pages cost, too.
    pub frame_budget_us: f64,
    /// Functions that one frame looks at: where none was for long, each of them takes 6 microseconds.
    pub max_looked_at_per_frame: usize,
    /// Compile inputs that the VM thread is asked to build in one frame. A few microseconds each.
    pub max_requests_per_frame: usize,
    /// Finished compilations that are installed in one frame.
    pub max_installs_per_frame: u32,
    /// Time on the main thread that installs of one frame may take, in microseconds, by what they were measured to
    /// take.
    pub install_budget_us: f64,

    // --- Governor
    /// Part of a frame that is kept free, in milliseconds: for what the measurements do not see.
    pub reserve_ms: f64,
    /// How far the slack follows a smaller measurement in one frame (0 … 1).
    pub slack_fall: f64,
    /// How far it follows a larger one. Slower, so that the frame after a spike is not trusted at once.
    pub slack_rise: f64,
    /// Share of the slack given to workers when no core is idle.
    pub contended_share: f64,
    /// Allowance that stays with no slack at all and no idle core, in microseconds a frame.
    pub min_allowance_us: f64,
    /// The same with an idle core, where it delays nothing.
    pub min_allowance_idle_us: f64,
    /// Most that is ever allowed in a frame, in microseconds for each worker.
    pub max_allowance_us: f64,
    /// What is not used may be saved up to this many frames' allowance.
    pub bucket_frames: f64,
    /// The bucket holds at least this much, in microseconds: a job must fit, if not in one frame then in some.
    pub min_bucket_us: f64,

    // --- Investing
    /// Beyond the slack this much is invested when scripts are why there is none, in microseconds a frame.
    pub invest_allowance_us: f64,
    /// The same with an idle core.
    pub invest_allowance_idle_us: f64,
    /// The best that waits must pay within this many frames.
    pub invest_break_even_frames: f64,

    // --- Holding workers back
    /// Time that the main thread may be kept from its core because workers run, in milliseconds a frame.
    pub kept_limit_ms: f64,
    /// Weight of one frame in the averages of that time (0 … 1).
    pub kept_weight: f64,
    /// Frames of each kind (workers at work, workers at rest) before they are compared.
    pub kept_min_frames: u32,
    /// A frame counts at most this many times the limit: a single long preemption is the system's doing.
    pub kept_outlier_limits: f64,
    /// Workers count as at work in a frame from this much compile time on, in milliseconds.
    pub at_work_ms: f64,
    /// Frames after which a held-back worker is tried again; doubled each time it is held back again.
    pub hold_frames: u32,
    /// Limit of that doubling, in frames.
    pub max_hold_frames: u32,

    // --- Wall clock
    /// Where there are no frames, decisions are taken this often, in milliseconds.
    pub wall_tick_ms: f64,
    /// A frame that has lasted this many times its target counts as endless, and the wall clock takes over.
    pub endless_targets: f64,

    // --- Ledger
    /// Decisions remembered.
    pub max_ledger_entries: usize,
    /// Functions whose totals are remembered.
    pub max_ledger_functions: usize,
    /// Decisions about inlining that are remembered, and as many about bets.
    pub max_ledger_choices: usize,
}

impl Default for Tunables {
    fn default() -> Tunables {
        Tunables {
            max_sample_us: 2000.0,
            min_sample_us: 20.0,
            rate_halving_frames: 20.0,
            life_gap_frames: 60.0,
            max_functions: 16_384,
            min_samples: 12,
            min_time_us_per_frame: 2.0,
            idle_price: 0.1,
            speedup_prior: [1.0, 1.7, 3.0],
            speedup_weight: 0.15,
            speedup_outlier_factor: 1.5,
            inline_saving_us: 0.01,
            inline_bytes_per_bytecode: 100.0,
            byte_cost_us_per_frame: 0.0002,
            min_exits: 16,
            rare_exit_units: 100_000,
            deopt_us: 0.05,
            run_units: 1000.0,
            saving_without_bet: 0.7,
            max_drops: 16,
            max_drops_by_count: 5,
            window_frames: 60.0,
            min_window_units: 8000.0,
            undo_windows: 3,
            undo_margin: 1.0,
            cost_base_us: [0.0, 200.0, 300.0],
            cost_us_per_bytecode: [0.0, 25.0, 60.0],
            cold_cache_us: 200.0,
            cold_after_us: 50_000,
            cost_memory: 0.98,
            cost_prior_weight: 2.0,
            cost_outlier_errors: 3.0,
            evicted_wait_frames: 60.0,
            max_evicted_wait_frames: 3600.0,
            max_queued: 1024,
            ageing_doubling_frames: 30.0,
            cold_frames: 120.0,
            max_in_flight: 64,
            in_flight_frames: 2.0,
            batch_bytes: 64 << 10,
            batch_hold_us: 4000.0,
            wall_batch_hold_us: 0.0,
            frame_budget_us: 100.0,
            max_looked_at_per_frame: 16,
            max_requests_per_frame: 16,
            max_installs_per_frame: 16,
            install_budget_us: 100.0,
            reserve_ms: 2.0,
            slack_fall: 0.8,
            slack_rise: 0.1,
            contended_share: 0.25,
            min_allowance_us: 100.0,
            min_allowance_idle_us: 1000.0,
            max_allowance_us: 12_000.0,
            bucket_frames: 2.0,
            min_bucket_us: 1000.0,
            invest_allowance_us: 1000.0,
            invest_allowance_idle_us: 6000.0,
            invest_break_even_frames: 60.0,
            kept_limit_ms: 0.1,
            kept_weight: 0.1,
            kept_min_frames: 12,
            kept_outlier_limits: 4.0,
            at_work_ms: 0.05,
            hold_frames: 300,
            max_hold_frames: 10_000,
            wall_tick_ms: 0.5,
            endless_targets: 2.0,
            max_ledger_entries: 4096,
            max_ledger_functions: 4096,
            max_ledger_choices: 512,
        }
    }
}

impl Tunables {
    /// The part that the verdict needs.
    pub fn thresholds(&self) -> Thresholds {
        Thresholds {
            min_samples: self.min_samples,
            min_time_ms_per_frame: self.min_time_us_per_frame / 1000.0,
        }
    }
}
