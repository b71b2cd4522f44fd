//! Which function of a new version of a script takes the place of which old one, for a JIT that wants to know how long
//! a function has been in use.
//!
//! Functions have no names. Those of a chunk are in the order of the source, and an edit changes few of them: what has
//! the same bytecode is matched, and what lies between two matches is paired in order. A wrong pair does no harm: what
//! is inherited is a guess at how long a function will live.

use crate::function::FunctionProto;
use crate::object::Gc;

/// How many functions further on an unchanged one is looked for.
const LOOK_AHEAD: usize = 16;

/// Pairs of the number of an old function and the new one, from the main functions of both versions on.
pub(super) fn pair(
    old: Gc<FunctionProto>,
    new: Gc<FunctionProto>,
) -> Vec<(u64, Gc<FunctionProto>)> {
    let mut pairs = vec![(old, new)];
    let mut done = 0;
    while let Some(&(old, new)) = pairs.get(done) {
        done += 1;
        let is_same = |a: usize, b: usize| old.children[a].proto.code == new.children[b].proto.code;
        for (a, b) in align(old.children.len(), new.children.len(), is_same) {
            pairs.push((old.children[a], new.children[b]));
        }
    }
    pairs.into_iter().map(|(old, new)| (old.id, new)).collect()
}

/// Pairs of positions in two lists.
fn align(olds: usize, news: usize, is_same: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    // Where the gap since the last match begins.
    let (mut old_from, mut new_from) = (0, 0);
    for new in 0..news {
        let ahead = old_from..olds.min(old_from + LOOK_AHEAD);
        if let Some(old) = ahead.into_iter().find(|&old| is_same(old, new)) {
            pairs.extend((old_from..old).zip(new_from..new));
            pairs.push((old, new));
            (old_from, new_from) = (old + 1, new + 1);
        }
    }
    pairs.extend((old_from..olds).zip(new_from..news));
    pairs
}

#[cfg(test)]
mod tests {
    use super::align;

    /// Letters stand for functions; the pairs as letters of both versions.
    #[track_caller]
    fn check(old: &str, new: &str, expected: &str) {
        let (old, new) = (old.as_bytes(), new.as_bytes());
        let pairs = align(old.len(), new.len(), |a, b| old[a] == new[b]);
        let text: Vec<String> =
            pairs.iter().map(|&(a, b)| [old[a], new[b]].map(char::from).iter().collect()).collect();
        assert_eq!(text.join(" "), expected);
    }

    #[test]
    fn unchanged_functions_are_matched_and_the_rest_is_paired_in_order() {
        check("abc", "abc", "aa bb cc");
        check("abc", "aXc", "aa bX cc");
        check("abc", "aXbc", "aa bb cc");
        check("abc", "ac", "aa cc");
        check("abc", "abX", "aa bb cX");
        check("abc", "XYZ", "aX bY cZ");
        check("", "abc", "");
        check("abcd", "bXd", "bb cX dd");
    }
}
