//! Size classes: which cell size serves which object size.
//!
//! Multiples of 16 bytes up to 256 (tables are 48 bytes and 16 for each inline slot), then four steps to each doubling:
//! at most 20 % of a cell is lost. Cells of 16 bytes would double the bitmaps for objects that are rare.

use super::tunables::MAX_SMALL;

/// Cell sizes in bytes, ascending.
pub const CELL_SIZES: [u16; 35] = [
    32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 320, 384, 448, 512, 640,
    768, 896, 1024, 1280, 1536, 1792, 2048, 2560, 3072, 3584, 4096, 5120, 6144, 7168, 8192,
];
/// Number of size classes.
pub const CLASSES: usize = CELL_SIZES.len();
/// Smallest cell, in bytes.
pub const MIN_CELL: usize = CELL_SIZES[0] as usize;

const STEPS: usize = MAX_SMALL / 16 + 1;

/// Class of an object of `16 * index` bytes.
static CLASS_OF: [u8; STEPS] = {
    let mut classes = [0; STEPS];
    let mut class = 0;
    let mut index = 0;
    while index < STEPS {
        while (CELL_SIZES[class] as usize) < index * 16 {
            class += 1;
        }
        classes[index] = class as u8;
        index += 1;
    }
    classes
};

/// The class for objects of `size` bytes, at most [`MAX_SMALL`].
#[inline(always)]
pub fn class_of(size: usize) -> usize {
    debug_assert!(size <= MAX_SMALL);
    usize::from(CLASS_OF[size.div_ceil(16)])
}

/// The bytes that an allocation of `size` really has.
pub fn usable(size: usize) -> usize {
    if size <= MAX_SMALL { usize::from(CELL_SIZES[class_of(size)]) } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_fit() {
        for size in 1..=MAX_SMALL {
            let class = class_of(size);
            assert!(usize::from(CELL_SIZES[class]) >= size);
            assert!(class == 0 || usize::from(CELL_SIZES[class - 1]) < size);
        }
        assert!(CELL_SIZES.iter().all(|size| size % 16 == 0));
    }
}
