//! Formats against what C prints.

use super::*;

fn float(specification: &str, number: f64) -> String {
    let (conversion, _) = Conversion::read(specification.as_bytes(), 1).expect("readable");
    let spec = conversion.check(FlagSet::FLOAT, true).expect("valid");
    let mut out = Vec::new();
    match conversion.letter {
        b'a' | b'A' => write_hex_float(&mut out, conversion.letter == b'A', &spec, number),
        letter => write_float(&mut out, letter, &spec, number),
    }
    String::from_utf8(out).expect("ASCII")
}

fn integer(specification: &str, number: i64) -> String {
    let (conversion, _) = Conversion::read(specification.as_bytes(), 1).expect("readable");
    let spec = conversion.check(FlagSet::FLOAT, true).expect("valid");
    let mut out = Vec::new();
    write_integer(&mut out, conversion.letter, &spec, number);
    String::from_utf8(out).expect("ASCII")
}

#[test]
fn floats_as_c_prints_them() {
    for (specification, number, expected) in [
        ("%5.2f", 1.005, " 1.00"),
        ("%.0f", 0.5, "0"),
        ("%.0f", 1.5, "2"),
        ("%.1f", 0.25, "0.2"),
        ("%#.0f", 3.0, "3."),
        ("%f", 1e300 * 1e10, "inf"),
        ("%05.1f", -2.5, "-02.5"),
        ("%+.3e", 12345.678, "+1.235e+04"),
        ("%g", 100000.0, "100000"),
        ("%g", 1e6, "1e+06"),
        ("%G", 1e-10, "1E-10"),
        ("%#g", 1.0, "1.00000"),
        ("%.3g", 0.0001234, "0.000123"),
        ("%a", 1.0, "0x1p+0"),
        ("%.1a", 1.96875, "0x2.0p+0"),
        ("%A", -0.1, "-0X1.999999999999AP-4"),
        ("%a", 5e-324, "0x0.0000000000001p-1022"),
        ("%010a", 1.5, "0x001.8p+0"),
        ("%08f", f64::NEG_INFINITY, "    -inf"),
        ("%f", -f64::NAN, "nan"),
    ] {
        assert_eq!(float(specification, number), expected, "{specification} of {number}");
    }
}

#[test]
fn integers_as_c_prints_them() {
    for (specification, number, expected) in [
        ("%d", i64::MIN, "-9223372036854775808"),
        ("%5d|", -42, "  -42"),
        ("%-5d", 42, "42   "),
        ("%+05d", 42, "+0042"),
        ("%.3d", 7, "007"),
        ("%5.0d", 0, "     "),
        ("%#x", 255, "0xff"),
        ("%#010X", 255, "0X000000FF"),
        ("%#o", 8, "010"),
        ("%#.0o", 0, "0"),
        ("%x", -1, "ffffffffffffffff"),
        ("%u", -1, "18446744073709551615"),
    ] {
        assert_eq!(integer(specification, number), expected, "{specification} of {number}");
    }
}

#[test]
fn quoting_is_readable_by_lua() {
    let mut out = Vec::new();
    write_quoted_string(&mut out, b"a\"\\\n\r\x001\x7f");
    assert_eq!(out, b"\"a\\\"\\\\\\\n\\13\\0001\\127\"");
}

#[test]
fn specifications_are_checked() {
    let error = |format: &str, flags| {
        let (conversion, _) = Conversion::read(format.as_bytes(), 1).expect("readable");
        conversion.check(flags, false).expect_err("invalid").to_string()
    };
    assert_eq!(error("%05s", FlagSet::TEXT), "invalid conversion specification: '%05s'");
    assert_eq!(error("%.3c", FlagSet::TEXT), "invalid conversion specification: '%.3c'");
    assert_eq!(error("%123d", FlagSet::DECIMAL), "invalid conversion specification: '%123d'");
    let (unknown, next) = Conversion::read(b"%y", 1).expect("readable");
    assert_eq!(
        (unknown.unknown().to_string().as_str(), next),
        ("invalid conversion '%y' to 'format'", 2)
    );
    assert!(Conversion::read(format!("%{}d", "0".repeat(21)).as_bytes(), 1).is_err());
}
