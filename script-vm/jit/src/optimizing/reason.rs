//! Why optimized code is left.

use serde::{Deserialize, Serialize};

use crate::ir::Op;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident, $text:literal, [$($op:ident)*];)*) => {
        /// The bet that was lost. One table: its words, and the operations that make it.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum DeoptReason { $($(#[$doc])* $name),* }

        impl DeoptReason {
            pub const ALL: &'static [DeoptReason] = &[$(DeoptReason::$name),*];

            /// What has happened, in a few words.
            pub fn text(self) -> &'static str {
                match self {
                    $(DeoptReason::$name => $text,)*
                }
            }

            /// What it means when this operation exits; none for one that does not, or not for a bet.
            pub fn of(op: Op) -> Option<DeoptReason> {
                match op {
                    $($(Op::$op => Some(DeoptReason::$name),)*)*
                    _ => None,
                }
            }
        }
    };
}

reasons! {
    Type, "a value of another type", [
        GuardNil GuardPresent GuardInt GuardFloat GuardNumber LoadNumber GuardString GuardTable GuardClosure GuardVec2 GuardVec3
        GuardTag GuardFloatAmong Join
    ];
    /// A table's key: its shape and its slots.
    Shape, "a table of another shape", [GuardKey FindMethod FindField LookupString];
    Metatable, "another metatable", [
        GuardPlain GuardIs GuardNumbersPlain GuardOpen GuardNoNewIndex GuardMetatable GuardStrong LoadMetatable GuardAnswer FindLength
        SetMetatable GuardVectors GuardMetatableIs
    ];
    ArrayKind, "an array of another kind", [GuardKind];
    Bounds, "an index outside the array", [GuardBounds LookupInt NextEntry];
    Callee, "another function called", [
        GuardMethods GuardFunction GuardRunning GuardNative NativeCaptured DirectEntry SingleEntry SeveralEntry
    ];
    /// Divisors, shifts, floats without an integer's value.
    Range, "a number that takes another way", [
        GuardDivisor GuardDistance FloatToInt NumberEqual NumberLess NumberLessEqual
    ];
    /// Whatever was made sure of for all iterations at once.
    Loop, "a loop that is not what it was", [];
    NeverRun, "code that had never run", [Exit];
}

impl std::fmt::Display for DeoptReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guard_has_a_reason() {
        // These give way to the tier below for what is no bet: fuel, results that a caller wants otherwise, called code,
        // memory, errors.
        let others = [
            Op::Anchor,
            Op::Charge,
            Op::ChargeHeld,
            Op::Poll,
            Op::PollHeld,
            Op::Return,
            Op::CallDirect,
            Op::SetInt,
            Op::StringPart,
            Op::Raise,
        ];
        for &op in Op::ALL {
            let exits = op.effects().exits && !others.contains(&op);
            assert_eq!(DeoptReason::of(op).is_some(), exits, "{}", op.mnemonic());
        }
    }
}
