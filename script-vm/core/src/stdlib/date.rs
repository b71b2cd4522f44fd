//! The calendar behind `os.time` and `os.date`: broken-down times and seconds since 1970, in UTC.
//!
//! Local time is UTC here: what a time zone is depends on the machine and its files, and results must not. Conversion is by
//! the proleptic Gregorian calendar (Howard Hinnant's `days_from_civil`), for every year that fits in 32 bits as in C's `tm`.

/// A moment taken apart, as C's `struct tm`. Fields may be out of range until [`CivilTime::normalized`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CivilTime {
    /// The year itself (not less 1900).
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    /// 0 to 23.
    pub hour: i64,
    /// 0 to 59.
    pub minute: i64,
    /// 0 to 59.
    pub second: i64,
    /// 0 to 6, Sunday first; not read by conversions.
    pub weekday: i64,
    /// 0 to 365; not read by conversions.
    pub year_day: i64,
}

const SECONDS_PER_DAY: i64 = 86_400;

impl CivilTime {
    /// Takes seconds since the epoch apart; nothing if the year does not fit in C's `tm_year`.
    pub fn from_timestamp(seconds: i64) -> Option<CivilTime> {
        let days = seconds.div_euclid(SECONDS_PER_DAY);
        let rest = seconds.rem_euclid(SECONDS_PER_DAY);
        let (year, month, day) = civil_from_days(days);
        i32::try_from(year - 1900).ok()?;
        Some(CivilTime {
            year,
            month,
            day,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
            weekday: (days + 4).rem_euclid(7),
            year_day: days - days_from_civil(year, 1, 1),
        })
    }

    /// Seconds since the epoch, with fields out of range carried over (the 14th month is February of the next year).
    /// Fields must fit in 32 bits each.
    pub fn timestamp(&self) -> i64 {
        let months = self.year * 12 + self.month - 1;
        let days =
            days_from_civil(months.div_euclid(12), months.rem_euclid(12) + 1, 1) + self.day - 1;
        days * SECONDS_PER_DAY + self.hour * 3600 + self.minute * 60 + self.second
    }

    /// The same moment with every field in its range; nothing if the year does not fit.
    pub fn normalized(&self) -> Option<CivilTime> {
        CivilTime::from_timestamp(self.timestamp())
    }

    /// Week of the year with weeks that begin on `first_weekday` (0 for Sunday): days before the first one are week 0.
    pub fn week_of_year(&self, first_weekday: i64) -> i64 {
        (self.year_day + 7 - (self.weekday - first_weekday).rem_euclid(7)) / 7
    }

    /// Year and week of ISO 8601: weeks begin on Monday, and the first is the one with the year's first Thursday.
    pub fn iso_week(&self) -> (i64, i64) {
        let monday_based = (self.weekday + 6) % 7;
        let week = (self.year_day - monday_based + 10) / 7;
        match week {
            0 => (self.year - 1, weeks_in_iso_year(self.year - 1)),
            53 if weeks_in_iso_year(self.year) == 52 => (self.year + 1, 1),
            _ => (self.year, week),
        }
    }
}

/// 53 for years that begin on a Thursday, or on a Wednesday if they are leap years.
fn weeks_in_iso_year(year: i64) -> i64 {
    let first_weekday = (days_from_civil(year, 1, 1) + 4).rem_euclid(7);
    let is_leap = days_from_civil(year + 1, 1, 1) - days_from_civil(year, 1, 1) == 366;
    if first_weekday == 4 || (first_weekday == 3 && is_leap) { 53 } else { 52 }
}

/// Days since 1970-01-01 of a date.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is the last; eras are of 400 years.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date so many days after 1970-01-01.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        for seconds in (-100_000_000_000i64..100_000_000_000).step_by(86_399 * 777) {
            let civil = CivilTime::from_timestamp(seconds).expect("in range");
            assert_eq!(civil.timestamp(), seconds);
            assert_eq!(civil.normalized(), Some(civil));
        }
    }

    #[test]
    fn fields_out_of_range_carry() {
        let odd = CivilTime {
            year: 2024,
            month: 14,
            day: 0,
            hour: 25,
            minute: -1,
            second: 60,
            weekday: 0,
            year_day: 0,
        };
        let civil = odd.normalized().expect("in range");
        assert_eq!((civil.year, civil.month, civil.day), (2025, 2, 1));
        assert_eq!((civil.hour, civil.minute, civil.second), (1, 0, 0));
    }

    #[test]
    fn weeks() {
        let week = |year, month, day| {
            let date = CivilTime {
                year,
                month,
                day,
                hour: 12,
                minute: 0,
                second: 0,
                weekday: 0,
                year_day: 0,
            };
            date.normalized().expect("in range").iso_week()
        };
        assert_eq!(week(2021, 1, 3), (2020, 53));
        assert_eq!(week(2024, 12, 30), (2025, 1));
        assert_eq!(week(2026, 11, 20), (2026, 47));
    }

    #[test]
    fn years_that_do_not_fit() {
        assert_eq!(CivilTime::from_timestamp(i64::MAX / 2), None);
    }
}
