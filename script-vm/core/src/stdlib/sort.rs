//! Sorting with a comparison that may fail, lie, or call back into the program.
//!
//! The algorithm is the quicksort of PUC Lua's `ltablib.c` (`auxsort`), step by step: it reads, compares and writes the
//! same elements in the same order as PUC does, which comparators, `__index` and `__newindex` do observe. (Where PUC takes
//! a pivot from the clock, for badly unbalanced arrays, this takes a fixed one.) A comparator may do to the array what it
//! likes: each item that will be used again stays in its [`Place`], wherever else it is lost.
//!
//! Homogeneous arrays without comparator need none of this: see [`sort_integers`], [`sort_floats`].

/// Where an item that was read is kept alive until the next one is read into the same place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The pivot of the part being sorted.
    Pivot,
    /// The first of a pair that may be exchanged.
    First,
    /// The second of the pair.
    Second,
}

/// The elements being sorted and their order.
pub trait SortAccess {
    /// An element.
    type Item: Copy;
    /// Why a comparison failed.
    type Error;
    /// Element number `index`, counted from 0.
    fn get(&mut self, index: usize, place: Place) -> Result<Self::Item, Self::Error>;
    /// Replaces element number `index`.
    fn set(&mut self, index: usize, item: Self::Item) -> Result<(), Self::Error>;
    /// Whether `a` goes before `b`.
    fn less(&mut self, a: Self::Item, b: Self::Item) -> Result<bool, Self::Error>;
    /// The error for a comparator that contradicts itself ("invalid order function for sorting").
    fn invalid_order(&mut self) -> Self::Error;
}

/// Larger ranges may take their pivot from elsewhere than the middle once they turned out unbalanced.
const RANDOM_LIMIT: usize = 100;

/// What takes the place of PUC's clock.
const UNBALANCED_PIVOT: usize = 0x9e37_79b9;

/// Sorts `length` elements.
pub fn sort<A: SortAccess>(access: &mut A, length: usize) -> Result<(), A::Error> {
    if length < 2 { Ok(()) } else { sort_range(access, 0, length - 1, 0) }
}

/// Sorts the elements from `low` to `up`, both included. Recurses into the smaller part only, so at most 64 deep.
fn sort_range<A: SortAccess>(
    access: &mut A,
    mut low: usize,
    mut up: usize,
    mut random: usize,
) -> Result<(), A::Error> {
    while low < up {
        let first = access.get(low, Place::First)?;
        let last = access.get(up, Place::Second)?;
        if access.less(last, first)? {
            set_two(access, (low, last), (up, first))?;
        }
        if up - low == 1 {
            return Ok(());
        }
        let middle = choose_pivot(low, up, random);
        order_middle(access, low, middle, up)?;
        if up - low == 2 {
            return Ok(());
        }
        let pivot = access.get(middle, Place::Pivot)?;
        let beside = access.get(up - 1, Place::First)?;
        set_two(access, (middle, beside), (up - 1, pivot))?;
        let split = partition(access, low, up, pivot)?;
        let smaller;
        if split - low < up - split {
            if split > low {
                sort_range(access, low, split - 1, random)?;
            }
            smaller = split - low;
            low = split + 1;
        } else {
            sort_range(access, split + 1, up, random)?;
            smaller = up - split;
            // At least three elements, split in two of which this is the larger: there is one below the pivot.
            up = split - 1;
        }
        if up.saturating_sub(low) / 128 > smaller {
            random = UNBALANCED_PIVOT;
        }
    }
    Ok(())
}

fn choose_pivot(low: usize, up: usize, random: usize) -> usize {
    // PUC counts elements from 1, which shows in the rounding of the middle.
    if up - low < RANDOM_LIMIT || random == 0 {
        return (low + up + 2) / 2 - 1;
    }
    let quarter = (up - low) / 4;
    random % (quarter * 2) + low + quarter
}

/// Puts the element in the middle in order with the first and the last one.
fn order_middle<A: SortAccess>(
    access: &mut A,
    low: usize,
    middle: usize,
    up: usize,
) -> Result<(), A::Error> {
    let item = access.get(middle, Place::First)?;
    let first = access.get(low, Place::Second)?;
    if access.less(item, first)? {
        return set_two(access, (middle, first), (low, item));
    }
    let last = access.get(up, Place::Second)?;
    if access.less(last, item)? {
        return set_two(access, (middle, last), (up, item));
    }
    Ok(())
}

fn set_two<A: SortAccess>(
    access: &mut A,
    (first, to_first): (usize, A::Item),
    (second, to_second): (usize, A::Item),
) -> Result<(), A::Error> {
    access.set(first, to_first)?;
    access.set(second, to_second)
}

/// Moves what goes before `pivot` to the left and what goes after to the right; where the pivot ends up.
/// The pivot is at `up - 1`; the elements at `low` and `up` are on their sides already.
fn partition<A: SortAccess>(
    access: &mut A,
    low: usize,
    up: usize,
    pivot: A::Item,
) -> Result<usize, A::Error> {
    let (mut left, mut right) = (low, up - 1);
    loop {
        left += 1;
        let mut on_left = access.get(left, Place::First)?;
        while access.less(on_left, pivot)? {
            if left == up - 1 {
                return Err(access.invalid_order());
            }
            left += 1;
            on_left = access.get(left, Place::First)?;
        }
        right -= 1;
        let mut on_right = access.get(right, Place::Second)?;
        while access.less(pivot, on_right)? {
            if right < left {
                return Err(access.invalid_order());
            }
            right -= 1;
            on_right = access.get(right, Place::Second)?;
        }
        if right < left {
            set_two(access, (up - 1, on_left), (left, pivot))?;
            return Ok(left);
        }
        set_two(access, (left, on_right), (right, on_left))?;
    }
}

/// Sorts integers ascending. Equal integers cannot be told apart, so any algorithm gives PUC's result.
pub fn sort_integers(items: &mut [i64]) {
    items.sort_unstable();
}

/// Sorts floats ascending, if their order is total and equal ones cannot be told apart; says whether it did.
/// With a NaN, or with zeros of both signs, the result depends on the algorithm, and [`sort`] has to be used.
pub fn sort_floats(items: &mut [f64]) -> bool {
    let is_ordinary =
        items.iter().all(|item| !item.is_nan() && item.to_bits() != (-0.0f64).to_bits());
    if is_ordinary {
        items.sort_unstable_by(f64::total_cmp);
    }
    is_ordinary
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fallible<'a, F> {
        items: &'a mut [i64],
        less: F,
    }

    impl<F: FnMut(i64, i64) -> Result<bool, &'static str>> SortAccess for Fallible<'_, F> {
        type Item = i64;
        type Error = &'static str;
        fn get(&mut self, index: usize, _: Place) -> Result<i64, &'static str> {
            Ok(self.items[index])
        }
        fn set(&mut self, index: usize, item: i64) -> Result<(), &'static str> {
            self.items[index] = item;
            Ok(())
        }
        fn less(&mut self, a: i64, b: i64) -> Result<bool, &'static str> {
            (self.less)(a, b)
        }
        fn invalid_order(&mut self) -> &'static str {
            "invalid order function for sorting"
        }
    }

    fn sort_with(
        items: &mut [i64],
        less: impl FnMut(i64, i64) -> Result<bool, &'static str>,
    ) -> Result<(), &'static str> {
        let length = items.len();
        sort(&mut Fallible { items, less }, length)
    }

    fn pseudo_random(count: usize) -> Vec<i64> {
        let mut random = crate::stdlib::random::Random::default();
        (0..count).map(|_| (random.next_bits() % 1000) as i64).collect()
    }

    #[test]
    fn sorts_every_length() {
        for count in 0..300 {
            let mut items = pseudo_random(count);
            let mut expected = items.clone();
            expected.sort_unstable();
            sort_with(&mut items, |a, b| Ok(a < b)).expect("consistent");
            assert_eq!(items, expected);
        }
    }

    #[test]
    fn sorts_orderly_and_uniform_input() {
        for mut items in
            [(0..10_000).collect::<Vec<i64>>(), (0..10_000).rev().collect(), vec![5; 10_000]]
        {
            sort_with(&mut items, |a, b| Ok(a < b)).expect("consistent");
            assert!(items.is_sorted());
        }
    }

    #[test]
    fn lying_comparators_end() {
        for count in 0..200 {
            let mut items = pseudo_random(count);
            let always = sort_with(&mut items, |_, _| Ok(true));
            assert!(count < 4 || always == Err("invalid order function for sorting"), "{count}");
            let mut calls = 0;
            let _any = sort_with(&mut items, |a, b| {
                calls += 1;
                Ok((a ^ b ^ calls) & 1 == 0)
            });
        }
    }

    #[test]
    fn a_failing_comparison_stops() {
        assert_eq!(sort_with(&mut [3, 1, 2], |_, _| Err("no")), Err("no"));
    }

    #[test]
    fn floats_that_differ_in_nothing_but_sign_or_are_unordered_are_left_alone() {
        assert!(sort_floats(&mut [2.0, 1.0, f64::INFINITY]));
        assert!(!sort_floats(&mut [0.0, -0.0]));
        assert!(!sort_floats(&mut [f64::NAN]));
    }
}
