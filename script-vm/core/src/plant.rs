//! Bugs planted on purpose, behind the feature `planted-bugs`: the differential tester switches one on and must find it.
//! Without the feature [`is`] is a constant and leaves no trace in the code.

macro_rules! bugs {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A planted bug.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum Bug { None = 0, $($(#[$doc])* $variant),* }

        /// The names under which [`set`] knows the bugs.
        pub const NAMES: &[&str] = &[$($name),*];

        /// The bug of a name.
        #[cfg(feature = "planted-bugs")]
        fn by_name(name: &str) -> Option<Bug> {
            match name { $($name => Some(Bug::$variant),)* _ => None }
        }
    };
}

bugs! {
    /// Stores to fields skip the write barrier.
    LostBarrier = "lost_barrier",
    /// A closure captures the neighbour of the register it should.
    WrongUpvalue = "wrong_upvalue",
    /// Clearing the last element of an array that holds nil further down leaves a nil at its end.
    LenOffByOne = "len_off_by_one",
    /// A to-be-closed variable is forgotten when an error passes.
    LostClose = "lost_close",
    /// Integer multiplication saturates.
    WrongIntWrap = "wrong_int_wrap",
    /// A field cache ignores the shape's number.
    StaleInlineCache = "stale_inline_cache",
    /// The last variable argument is dropped when there are four.
    LostVararg = "lost_vararg",
    /// Loops that count down run once too often.
    WrongForLimit = "wrong_for_limit",
    /// Concatenation of a number and a string swaps them.
    SwappedConcat = "swapped_concat",
    /// Integers and floats are compared as floats.
    FloatIntCompare = "float_int_compare",
    /// The second value of a yield is lost.
    LostYieldValue = "lost_yield_value",
    /// Leaving a block by goto does not close its upvalues.
    BadGotoClose = "bad_goto_close",
    /// Compiled arithmetic does not look at the second operand's tag.
    JitSkippedGuard = "jit_skipped_guard",
    /// Methods that compiled code remembers survive a change of their class.
    JitStaleMethod = "jit_stale_method",
    /// A compiled call says that it stands an instruction further on.
    JitWrongPc = "jit_wrong_pc",
    /// Compiled stores to fields and elements skip the write barrier.
    JitLostBarrier = "jit_lost_barrier",
    /// Compiled code of a coroutine that yields goes on as if it had been resumed.
    JitWrongYield = "jit_wrong_yield",
    /// Compiled code keeps the stack's old address across a call.
    JitOldStack = "jit_old_stack",
    /// Compiled functions do not make the last parameter nil when it was not passed.
    JitMissingNil = "jit_missing_nil",
    /// Compiled shifts do not look at the distance.
    JitWrongShift = "jit_wrong_shift",
    /// Compiled integer division rounds towards zero.
    JitWrongDivision = "jit_wrong_division",
    /// Compiled code takes long strings with other addresses for different.
    JitLongStrings = "jit_long_strings",
    /// Compiled loops over integers end a round early.
    JitShortLoop = "jit_short_loop",
    /// Compiled code reads one element beyond an array's end.
    JitArrayBound = "jit_array_bound",
    /// Code that relies on a field stays in use when that is overwritten.
    OptMissedInvalidation = "opt_missed_invalidation",
    /// Code that relied on what was overwritten goes on if it was running.
    OptMissedUnwind = "opt_missed_unwind",
    /// Inlined metamethods are found once and for all.
    OptStaleMetamethod = "opt_stale_metamethod",
    /// Optimized code believes a guard on a table's key although fields were added since.
    OptStaleKey = "opt_stale_key",
    /// Optimized code moves a load of a field over a store that may be to the same one.
    OptStaleField = "opt_stale_field",
    /// Optimized code takes an array for as long as it was, though elements were appended since.
    OptStaleLength = "opt_stale_length",
    /// Frame states leave out the lowest register that they should write.
    OptLostRegister = "opt_lost_register",
    /// A frame that waits for an inlined function makes the call once more.
    OptWrongInlined = "opt_wrong_inlined",
    /// Inlined functions are not guarded: any function will do.
    OptWrongCallee = "opt_wrong_callee",
    /// Loops are built as if registers kept the types that they come with.
    OptNarrowLoop = "opt_narrow_loop",
    /// Adding a float zero is taken for doing nothing.
    OptNegativeZero = "opt_negative_zero",
    /// Code that is left with the code that it has called writes over its registers.
    OptWrongBail = "opt_wrong_bail",
    /// Captured variables are taken for what they were before a call.
    OptStaleUpvalue = "opt_stale_upvalue",
    /// The first result of several ways is that of the first way.
    OptWrongWay = "opt_wrong_way",
    /// What a loop writes is taken for the same in every iteration.
    OptStaleInvariant = "opt_stale_invariant",
    /// Bounds that are looked at before a loop are those of its first iteration only.
    OptEarlyBounds = "opt_early_bounds",
    /// A table that is made only when optimized code is left has the value of its first field in its last.
    OptWrongSunk = "opt_wrong_sunk",
    /// Stores that are overwritten later are removed although code may be left in between.
    OptLostStore = "opt_lost_store",
    /// Loops that hold the counter of fuel do not put it back where strings are made.
    OptStaleFuel = "opt_stale_fuel",
    /// Optimized code does not know that a table which becomes weak has its elements elsewhere.
    OptHiddenWrite = "opt_hidden_write",
    /// Keys that the array takes over from the dictionary leave a deleted entry there.
    KeyInBothParts = "key_in_both_parts",
    /// Results that a direct call did not return are what an earlier one has.
    OptStaleResult = "opt_stale_result",
    /// Addresses of dead classes are given away without telling the caches.
    StaleClassEpoch = "stale_class_epoch",
    /// A field that a table lacks is taken to be nowhere, whatever metatable it has come by.
    OptWrongAbsence = "opt_wrong_absence",
    /// Inherited numbers are taken for constant like methods.
    OptStaleConstant = "opt_stale_constant",
    /// Integers among elements that are made floats of count as unsigned.
    OptUnsignedElement = "opt_unsigned_element",
    /// Of two results of a call without a frame, interpreted code gets the first.
    OptCutResults = "opt_cut_results",
    /// What relies on a guard leaves a loop without it.
    OptLooseHoist = "opt_loose_hoist",
}

#[cfg(feature = "planted-bugs")]
static ACTIVE: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);

/// Switches a bug on. False if there is none of that name.
#[cfg(feature = "planted-bugs")]
pub fn set(name: &str) -> bool {
    let Some(bug) = by_name(name) else { return false };
    ACTIVE.store(bug as u8, std::sync::atomic::Ordering::Relaxed);
    true
}

/// Whether a bug is on.
#[cfg(feature = "planted-bugs")]
#[inline(always)]
pub fn is(bug: Bug) -> bool {
    ACTIVE.load(std::sync::atomic::Ordering::Relaxed) == bug as u8
}

/// Whether a bug is on: never.
#[cfg(not(feature = "planted-bugs"))]
#[inline(always)]
pub const fn is(_: Bug) -> bool {
    false
}
