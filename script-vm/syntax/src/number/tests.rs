//! Numerals both ways. The expected values are PUC Lua 5.4's.

use super::*;

fn float(text: &str) -> Option<f64> {
    match parse_number(text.as_bytes()) {
        Some(Number::Float(value)) => Some(value),
        _ => None,
    }
}

fn integer(text: &str) -> Option<i64> {
    match parse_number(text.as_bytes()) {
        Some(Number::Integer(value)) => Some(value),
        _ => None,
    }
}

#[test]
fn integers() {
    assert_eq!(integer("0"), Some(0));
    assert_eq!(integer(" \t\n\x0b\x0c\r-007 "), Some(-7));
    assert_eq!(integer("+9223372036854775807"), Some(i64::MAX));
    assert_eq!(integer("-9223372036854775808"), Some(i64::MIN));
    assert_eq!(integer("0x10"), Some(16));
    assert_eq!(integer("-0XfF"), Some(-255));
    assert_eq!(integer("0xffffffffffffffff"), Some(-1));
    assert_eq!(integer("0x1fffffffffffffffe"), Some(-2), "wraps modulo 2^64");
    assert_eq!(float("9223372036854775808"), Some(9_223_372_036_854_775_808.0));
    assert_eq!(float("-9223372036854775809"), Some(-9_223_372_036_854_775_808.0));
}

#[test]
fn floats() {
    assert_eq!(float(".5"), Some(0.5));
    assert_eq!(float("5."), Some(5.0));
    assert_eq!(float("1e+2"), Some(100.0));
    assert_eq!(float("-1E-2"), Some(-0.01));
    assert_eq!(float("1e999"), Some(f64::INFINITY));
    assert_eq!(float("0x.8"), Some(0.5));
    assert_eq!(float("0xA."), Some(10.0));
    assert_eq!(float("0x1p4"), Some(16.0));
    assert_eq!(float("-0x1.8p-1"), Some(-0.75));
    assert_eq!(float("-0.0").map(f64::to_bits), Some((-0.0f64).to_bits()));
}

#[test]
fn hexadecimal_floats_round_to_even() {
    assert_eq!(float("0x1.00000000000008p0"), Some(1.0));
    assert_eq!(float("0x1.000000000000080001p0"), Some(1.000_000_000_000_000_2));
    assert_eq!(float("0x1.00000000000018p0"), Some(1.000_000_000_000_000_4));
    assert_eq!(float("0x1p-1074"), Some(5e-324));
    assert_eq!(float("0x1p-1075"), Some(0.0));
    assert_eq!(float("0x1.8p-1075"), Some(5e-324));
    assert_eq!(float("0x1.fffffffffffffp1023"), Some(f64::MAX));
    assert_eq!(float("0x1.fffffffffffff8p1023"), Some(f64::INFINITY));
    assert_eq!(float("0x1p99999999999999999999"), Some(f64::INFINITY));
    assert_eq!(float("0x0p99999999999999999999"), Some(0.0));
    assert_eq!(float("0x1p-99999999999999999999"), Some(0.0));
    let zeros = "0".repeat(400);
    assert_eq!(float(&format!("0x1{zeros}p-1600")), Some(1.0));
    assert_eq!(float(&format!("0x.{zeros}1p1604")), Some(1.0));
}

#[test]
fn not_numbers() {
    for text in [
        "", " ", "-", "+-1", "- 1", "inf", "-inf", "nan", "NaN", "infinity", "0x", "0x.", "0xp1",
        "0x1p", "0x1p+", "0xg", "1e", "1e+", ".", "..5", "1..2", "1 2", "1_000", "e5", "1e5.0",
        "0x1.2.3", "1\0", "\u{a0}1", "1f", "0b1",
    ] {
        assert_eq!(parse_number(text.as_bytes()), None, "{text:?}");
    }
}

#[test]
fn floats_are_written_as_tostring_does() {
    for (value, text) in [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (-1.5, "-1.5"),
        (0.1, "0.1"),
        (1.0 / 3.0, "0.33333333333333"),
        (2.0 / 3.0, "0.66666666666667"),
        (99_999_999_999_999.0, "99999999999999.0"),
        (1e14, "1e+14"),
        (1e15, "1e+15"),
        (123_456_789_012_345.0, "1.2345678901234e+14"),
        (99_999_999_999_999.5, "1e+14"),
        (9_999_999_999_999.95, "9999999999999.9"),
        (9_999_999_999_999.96, "10000000000000.0"),
        (0.0001, "0.0001"),
        (0.00012345, "0.00012345"),
        (0.00001, "1e-05"),
        (0.000_099_999_999_999_999_9, "0.0001"),
        (1e100, "1e+100"),
        (5e-324, "4.9406564584125e-324"),
        (f64::MAX, "1.7976931348623e+308"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::NAN, "nan"),
        (-f64::NAN, "nan"),
    ] {
        assert_eq!(format_float(value), text);
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_without_panic(text: Vec<u8>) {
        let _ = parse_number(&text);
    }

    #[test]
    fn hexadecimal_agrees_with_decimal(mantissa in 0u64..1 << 53, exponent in -1000i32..900) {
        let value = mantissa as f64 * 2f64.powi(exponent);
        proptest::prop_assert_eq!(float(&format!("0x{mantissa:x}.p{exponent}")), Some(value));
    }

    #[test]
    fn a_written_float_reads_back_nearly(bits: u64) {
        let value = f64::from_bits(bits);
        proptest::prop_assume!(value.is_finite());
        let read = float(&format_float(value)).unwrap();
        proptest::prop_assert!((read - value).abs() <= value.abs() * 1e-13 + 5e-324);
    }
}
