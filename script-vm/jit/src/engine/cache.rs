//! How much memory installed code takes, and what to throw away when that is too much.
//!
//! Memory is given back by the segment, when the last function of it is gone. So segments are what is counted, whole,
//! however few of their functions are left; and what is thrown away is a segment with all that is in it, the one whose
//! functions were all used longest ago. A hot function that stood in such company is compiled again, into a fuller one.
//!
//! Not counted: code that workers have finished and nobody has installed yet (`max_in_flight` functions at most), code
//! that was taken out of use and is still on the native stack, and the page of the trampoline.

use rustc_hash::FxHashMap;

use crate::code::memory::SegmentId;
use crate::function::FunctionId;

/// Where a function's code is, and what it takes.
#[derive(Clone, Copy, Debug)]
pub struct Placement {
    pub segment: SegmentId,
    /// Of the whole segment.
    pub page_bytes: usize,
    /// Of the function.
    pub bytes: usize,
}

#[derive(Debug)]
struct Segment {
    page_bytes: usize,
    /// Those that are installed, with the bytes of their code.
    functions: Vec<(FunctionId, usize)>,
    /// When one of them was last used.
    last_used: u64,
}

/// All installed code of a VM.
#[derive(Debug, Default)]
pub(super) struct CodeCache {
    segments: FxHashMap<SegmentId, Segment>,
    code_bytes: usize,
    page_bytes: usize,
}

impl CodeCache {
    /// There are to be so many segments, so that the table does not have to grow.
    pub(super) fn reserve(&mut self, segments: usize) {
        self.segments.reserve(segments);
    }

    /// Bytes of the functions.
    pub(super) fn code_bytes(&self) -> usize {
        self.code_bytes
    }

    /// Bytes of the pages that they lie in.
    pub(super) fn page_bytes(&self) -> usize {
        self.page_bytes
    }

    /// A function's code was installed.
    pub(super) fn add(&mut self, function: FunctionId, placement: &Placement, now: u64) {
        let page_bytes = placement.page_bytes;
        let segment = self.segments.entry(placement.segment).or_insert_with(|| {
            self.page_bytes += page_bytes;
            Segment { page_bytes, functions: Vec::new(), last_used: now }
        });
        segment.functions.push((function, placement.bytes));
        segment.last_used = now;
        self.code_bytes += placement.bytes;
    }

    /// It was taken out of use, or the function has died.
    pub(super) fn remove(&mut self, function: FunctionId, placement: &Placement) {
        let Some(segment) = self.segments.get_mut(&placement.segment) else { return };
        let Some(at) = segment.functions.iter().position(|&(id, _)| id == function) else { return };
        let (_, bytes) = segment.functions.swap_remove(at);
        self.code_bytes -= bytes;
        if segment.functions.is_empty() {
            self.page_bytes -= segment.page_bytes;
            self.segments.remove(&placement.segment);
        }
    }

    /// A function that lies there was used.
    pub(super) fn touch(&mut self, segment: SegmentId, now: u64) {
        if let Some(segment) = self.segments.get_mut(&segment) {
            segment.last_used = now;
        }
    }

    /// Gives up the segment that was used longest ago, other than `newest`: the functions to be taken out of use. None
    /// if there is no other.
    pub(super) fn drop_least_used(&mut self, newest: SegmentId) -> Option<Vec<FunctionId>> {
        let others = self.segments.iter().filter(|(id, _)| **id != newest);
        let (&id, _) = others.min_by_key(|(id, segment)| (segment.last_used, **id))?;
        let segment = self.segments.remove(&id)?;
        self.page_bytes -= segment.page_bytes;
        Some(
            segment
                .functions
                .into_iter()
                .map(|(function, bytes)| {
                    self.code_bytes -= bytes;
                    function
                })
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::memory::CodeSegment;

    /// A segment of functions of so many bytes, the first with this id.
    fn segment(first: u64, sizes: &[usize]) -> Vec<(FunctionId, Placement)> {
        let codes: Vec<Vec<u8>> = sizes.iter().map(|&bytes| vec![0xcc; bytes]).collect();
        let codes: Vec<&[u8]> = codes.iter().map(|code| &code[..]).collect();
        let (segment, _) = CodeSegment::new(&codes).expect("pages");
        let place =
            |bytes| Placement { segment: segment.id(), page_bytes: segment.page_bytes(), bytes };
        (first..).map(FunctionId).zip(sizes.iter().map(|&bytes| place(bytes))).collect()
    }

    #[test]
    fn a_segment_is_counted_whole_until_its_last_function_is_gone() {
        let mut cache = CodeCache::default();
        let functions = segment(1, &[3000, 4000, 5000]);
        let pages = functions[0].1.page_bytes;
        assert!(pages >= 12_000);
        for (id, placement) in &functions {
            cache.add(*id, placement, 1);
            assert_eq!(cache.page_bytes(), pages);
        }
        assert_eq!(cache.code_bytes(), 12_000);
        for (i, (id, placement)) in functions.iter().enumerate() {
            cache.remove(*id, placement);
            cache.remove(*id, placement);
            assert_eq!(cache.page_bytes(), if i == 2 { 0 } else { pages });
        }
        assert_eq!(cache.code_bytes(), 0);
    }

    #[test]
    fn what_was_used_longest_ago_goes_with_its_neighbours() {
        let fill = || {
            let mut cache = CodeCache::default();
            let (old, new) = (segment(1, &[100, 100]), segment(3, &[100]));
            for (now, (id, placement)) in old.iter().chain(&new).enumerate() {
                cache.add(*id, placement, now as u64);
            }
            (cache, old[0].1, new[0].1)
        };
        let (old, new) = (vec![FunctionId(1), FunctionId(2)], vec![FunctionId(3)]);
        let other = segment(9, &[1])[0].1.segment;

        let (mut cache, first, second) = fill();
        assert_eq!(cache.drop_least_used(other), Some(old.clone()));
        assert_eq!((cache.code_bytes(), cache.page_bytes()), (100, second.page_bytes));
        cache.remove(FunctionId(1), &first);
        assert_eq!(cache.drop_least_used(second.segment), None);
        assert_eq!(cache.drop_least_used(other), Some(new.clone()));
        assert_eq!((cache.code_bytes(), cache.page_bytes()), (0, 0));

        let (mut cache, first, _) = fill();
        cache.touch(first.segment, 10);
        assert_eq!(cache.drop_least_used(first.segment), Some(new.clone()));

        let (mut cache, first, _) = fill();
        cache.touch(first.segment, 10);
        assert_eq!(cache.drop_least_used(other), Some(new));
        assert_eq!(cache.drop_least_used(other), Some(old));
    }
}
