//! `os.date` formats: `strftime` of C99 in the C locale, in UTC.

use super::date::CivilTime;
use super::lib_error::LibError;
use std::io::Write;

const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Specifiers that may follow a `%`, and those that may follow `%E` and `%O` (where they mean the same).
const PLAIN: &[u8] = b"aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ%";
const AFTER_E: &[u8] = b"cCxXyY";
const AFTER_O: &[u8] = b"deHImMSuUVwWy";

/// The text of `time` in `format`; `zone` is the name of UTC to be shown ("GMT" or "UTC").
pub fn format_date(format: &[u8], time: &CivilTime, zone: &str) -> Result<Vec<u8>, LibError> {
    let mut out = Vec::with_capacity(format.len() + 16);
    let mut rest = format;
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'%' {
            let (specifier, length) = specifier(tail)?;
            write_specifier(&mut out, specifier, time, zone);
            rest = &tail[length..];
        } else {
            out.push(byte);
            rest = tail;
        }
    }
    Ok(out)
}

/// The specifier at the beginning of `text`, less a modifier, and how many bytes it takes.
fn specifier(text: &[u8]) -> Result<(u8, usize), LibError> {
    match *text {
        [letter, ..] if PLAIN.contains(&letter) => Ok((letter, 1)),
        [b'E', letter, ..] if AFTER_E.contains(&letter) => Ok((letter, 2)),
        [b'O', letter, ..] if AFTER_O.contains(&letter) => Ok((letter, 2)),
        _ => {
            // PUC shows all that is left of the format, as a C string.
            let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
            let message = [b"invalid conversion specifier '%", &text[..end], b"'"].concat();
            Err(LibError::argument_with_text(1, message))
        }
    }
}

/// Appends what one specifier stands for.
fn write_specifier(out: &mut Vec<u8>, letter: u8, time: &CivilTime, zone: &str) {
    if let Some(expansion) = expansion(letter) {
        for piece in expansion.bytes() {
            match piece {
                b'a'..=b'z' | b'A'..=b'Z' => write_specifier(out, piece, time, zone),
                _ => out.push(piece),
            }
        }
        return;
    }
    match letter {
        b'a' => append(out, format_args!("{}", &weekday(time)[..3])),
        b'A' => append(out, format_args!("{}", weekday(time))),
        b'b' | b'h' => append(out, format_args!("{}", &month(time)[..3])),
        b'B' => append(out, format_args!("{}", month(time))),
        b'C' => append(out, format_args!("{}", time.year.div_euclid(100))),
        b'g' => append(out, format_args!("{:02}", time.iso_week().0.rem_euclid(100))),
        b'G' => append(out, format_args!("{}", time.iso_week().0)),
        b'Y' => append(out, format_args!("{}", time.year)),
        b'n' => out.push(b'\n'),
        b't' => out.push(b'\t'),
        b'%' => out.push(b'%'),
        b'p' => append(out, format_args!("{}", if time.hour < 12 { "AM" } else { "PM" })),
        b'z' => append(out, format_args!("+0000")),
        b'Z' => append(out, format_args!("{zone}")),
        _ => write_number(out, letter, time),
    }
}

/// Composite specifiers in terms of simple ones; letters stand for specifiers.
fn expansion(letter: u8) -> Option<&'static str> {
    Some(match letter {
        b'c' => "a b e T Y",
        b'D' | b'x' => "m/d/y",
        b'F' => "Y-m-d",
        b'r' => "I:M:S p",
        b'R' => "H:M",
        b'T' | b'X' => "H:M:S",
        _ => return None,
    })
}

/// Specifiers that are numbers of a fixed width.
fn write_number(out: &mut Vec<u8>, letter: u8, time: &CivilTime) {
    match letter {
        b'e' => append(out, format_args!("{:2}", time.day)),
        b'j' => append(out, format_args!("{:03}", time.year_day + 1)),
        b'u' => append(out, format_args!("{}", (time.weekday + 6) % 7 + 1)),
        b'w' => append(out, format_args!("{}", time.weekday)),
        _ => {
            let number = match letter {
                b'd' => time.day,
                b'H' => time.hour,
                b'I' => (time.hour + 11) % 12 + 1,
                b'm' => time.month,
                b'M' => time.minute,
                b'S' => time.second,
                b'U' => time.week_of_year(0),
                b'V' => time.iso_week().1,
                b'W' => time.week_of_year(1),
                // `y`: the two-digit year.
                _ => time.year.rem_euclid(100),
            };
            append(out, format_args!("{number:02}"));
        }
    }
}

fn weekday(time: &CivilTime) -> &'static str {
    WEEKDAYS[time.weekday.rem_euclid(7) as usize]
}

fn month(time: &CivilTime) -> &'static str {
    MONTHS[(time.month - 1).rem_euclid(12) as usize]
}

fn append(out: &mut Vec<u8>, arguments: std::fmt::Arguments<'_>) {
    // Writing to a Vec cannot fail.
    let _infallible = out.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_the_epoch() {
        let epoch = CivilTime::from_timestamp(0).expect("in range");
        let text = |format: &str| {
            String::from_utf8(format_date(format.as_bytes(), &epoch, "UTC").expect("valid"))
        };
        assert_eq!(text("%c"), Ok("Thu Jan  1 00:00:00 1970".into()));
        assert_eq!(
            text("%Ex %OH %r %j %U %V %Z%%"),
            Ok("01/01/70 00 12:00:00 AM 001 00 01 UTC%".into())
        );
    }

    #[test]
    fn invalid_specifiers() {
        let epoch = CivilTime::from_timestamp(0).expect("in range");
        let error = format_date(b"a%Ez b", &epoch, "UTC").expect_err("invalid");
        assert_eq!(
            (error.argument, error.to_string().as_str()),
            (Some(1), "invalid conversion specifier '%Ez b'")
        );
    }
}
