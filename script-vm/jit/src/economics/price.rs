//! What a millisecond of a worker's CPU is worth to the game at the time.
//!
//! On a core that would have been idle it costs memory bandwidth, heat and battery, a tenth, say. On a core that is
//! wanted by others it delays them by as much as it takes. Neighbours: `governor` measures how idle the cores are.

/// Price of CPU time, as a share of its full price: `idle_price` with a whole core to spare, 1 with none, linear in
/// between.
///
/// price = idle_price + (1 − idle_price) · (1 − min(idle_cores, 1))
pub fn cpu_price(idle_cores: f64, idle_price: f64) -> f64 {
    let idle_price = idle_price.clamp(0.0, 1.0);
    let idle = if idle_cores.is_nan() { 0.0 } else { idle_cores.clamp(0.0, 1.0) };
    idle_price + (1.0 - idle_price) * (1.0 - idle)
}

/// C, in milliseconds: CPU time weighed with its price.
pub fn priced_cost(cpu_ms: f64, price: f64) -> f64 {
    cpu_ms * price
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn idle_cores_are_cheap_and_contended_ones_full_price() {
        assert_eq!(cpu_price(0.0, 0.1), 1.0);
        assert!((cpu_price(1.0, 0.1) - 0.1).abs() < 1e-12);
        assert!((cpu_price(7.0, 0.1) - 0.1).abs() < 1e-12);
        assert!((cpu_price(0.5, 0.1) - 0.55).abs() < 1e-12);
        assert_eq!(cpu_price(f64::NAN, 0.1), 1.0);
        assert!((priced_cost(2.0, 0.1) - 0.2).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn stays_between_idle_and_full(idle in any::<f64>(), floor in 0.0..=1.0f64) {
            let price = cpu_price(idle, floor);
            prop_assert!(price >= floor - 1e-12 && price <= 1.0);
        }

        #[test]
        fn more_idle_is_never_dearer_and_there_are_no_jumps(
            idle in -1.0..4.0f64, step in 0.0..0.01f64,
        ) {
            let drop = cpu_price(idle, 0.1) - cpu_price(idle + step, 0.1);
            prop_assert!((-1e-12..=step + 1e-12).contains(&drop));
        }
    }
}
