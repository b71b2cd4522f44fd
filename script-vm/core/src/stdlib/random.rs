//! The generator behind `math.random`: xoshiro256** (Blackman, Vigna) with PUC Lua's seeding and projection, so that the
//! same seed gives the same numbers as PUC Lua 5.4 does.
//!
//! A new generator has a fixed seed: a program gives the same results in every run unless it or its host asks otherwise.

/// State of the generator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random {
    state: [u64; 4],
}

impl Default for Random {
    fn default() -> Self {
        Random::seeded(0, 0)
    }
}

impl Random {
    /// The generator that `math.randomseed(n1, n2)` sets up.
    pub fn seeded(n1: i64, n2: i64) -> Self {
        // The 0xff keeps the state from being all zero; the first values are dropped to spread the seed.
        let mut random = Random { state: [n1.cast_unsigned(), 0xff, n2.cast_unsigned(), 0] };
        for _ in 0..16 {
            random.next_bits();
        }
        random
    }

    /// 64 random bits.
    #[inline]
    pub fn next_bits(&mut self) -> u64 {
        let [s0, s1, s2, s3] = self.state;
        let (s2, s3) = (s2 ^ s0, s3 ^ s1);
        self.state = [s0 ^ s3, s1 ^ s2, s2 ^ (s1 << 17), s3.rotate_left(45)];
        s1.wrapping_mul(5).rotate_left(7).wrapping_mul(9)
    }

    /// A float in `[0, 1)` made of the upper 53 bits of `bits`.
    #[inline]
    pub fn float_of(bits: u64) -> f64 {
        (bits >> 11) as f64 * (0.5 / (1u64 << 52) as f64)
    }

    /// An integer in `low..=up`, made of `bits` and, where these fall outside, of more; `low <= up` must hold.
    #[inline]
    pub fn between(&mut self, bits: u64, low: i64, up: i64) -> i64 {
        let span = up.wrapping_sub(low).cast_unsigned();
        self.project(bits, span).wrapping_add(low.cast_unsigned()).cast_signed()
    }

    /// Projects `bits` into `[0, span]`: uniform, because values above are drawn again.
    #[inline]
    fn project(&mut self, mut bits: u64, span: u64) -> u64 {
        if span & span.wrapping_add(1) == 0 {
            return bits & span;
        }
        // The least 2^b - 1 that is not below the span.
        let mask = u64::MAX >> span.leading_zeros();
        loop {
            bits &= mask;
            if bits <= span {
                return bits;
            }
            bits = self.next_bits();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_puc() {
        let mut random = Random::seeded(42, 0);
        let dice: Vec<i64> = (0..8)
            .map(|_| {
                let bits = random.next_bits();
                random.between(bits, 1, 100)
            })
            .collect();
        assert_eq!(dice, PUC_DICE);
        let bits = random.next_bits();
        assert_eq!(Random::float_of(bits), PUC_FLOAT);
    }

    /// `math.randomseed(42)`, then `math.random(100)` eight times and `math.random()`.
    const PUC_DICE: [i64; 8] = [50, 76, 86, 54, 64, 7, 25, 3];
    const PUC_FLOAT: f64 = 0.022876301569947355;

    #[test]
    fn extreme_intervals() {
        let mut random = Random::default();
        for _ in 0..100 {
            let bits = random.next_bits();
            assert_eq!(
                random.between(bits, i64::MIN, i64::MAX),
                (bits.wrapping_add(i64::MIN.cast_unsigned())).cast_signed()
            );
            assert_eq!(random.between(bits, 7, 7), 7);
            assert!((0.0..1.0).contains(&Random::float_of(bits)));
        }
    }
}
