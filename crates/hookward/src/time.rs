//! Points in time as values. There is no clock in this crate.

use core::fmt;

use crate::json::{JsonText, Value};
use crate::scheme::TimeForm;

/// Whole seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixSeconds(u64);

impl UnixSeconds {
    /// A point in time from seconds since the epoch.
    pub const fn new(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Seconds from `earlier` to `self`; 0 if `self` is not later.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads an RFC 3339 date-time, `2026-01-02T03:04:05[.fraction](Z|±hh:mm)`. A fraction is cut
    /// off. `None` for anything else, for dates that do not exist, and for times before 1970.
    ///
    /// ```
    /// use hookward::UnixSeconds;
    /// assert_eq!(UnixSeconds::from_rfc3339("1970-01-02T01:00:00.250+01:00").unwrap().get(), 86_400);
    /// ```
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        Self::from_date_time(text.as_bytes())
    }

    fn from_date_time(text: &[u8]) -> Option<Self> {
        let (text, rest) = text.split_at_checked(DATE_TIME.len())?;
        let mut numbers = [0; 6];
        read_numbers(text, DATE_TIME, &mut numbers)?;
        let [year, month, day, hour, minute, second] = numbers;
        if !(1..=12).contains(&month) {
            return None;
        }
        let (first, next) = (days_before(year, month), days_before(year, month + 1));
        // A leap second is written as :60 and counts as the first second of the next minute.
        if day < 1 || day > next - first || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let days = i64::from(first + day - 1) - DAYS_BEFORE_1970;
        let local = days * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
        u64::try_from(local - offset(skip_fraction(rest)?)?).ok().map(Self)
    }

    /// Reads an RFC 3339 date-time in a JSON string, escaped or not.
    pub(crate) fn from_json(text: JsonText<'_>) -> Option<Self> {
        // Longer than any date-time with nanoseconds and an offset.
        let mut buffer = [0; 40];
        Self::from_date_time(text.unescape_into(&mut buffer)?)
    }

    /// Reads a time as it is written in a header.
    pub(crate) fn read(form: TimeForm, text: &[u8]) -> Option<Self> {
        match form {
            TimeForm::Seconds => Self::from_digits(text),
            TimeForm::Millis => Self::from_digits(text).map(|ms| Self(ms.0 / 1000)),
            TimeForm::Rfc3339 => Self::from_date_time(text),
        }
    }

    /// Reads a time as it is written in a body.
    pub(crate) fn read_value(form: TimeForm, value: Value<'_>) -> Option<Self> {
        match form {
            TimeForm::Rfc3339 => Self::from_json(value.text()?),
            TimeForm::Seconds | TimeForm::Millis => Self::read(form, value.raw().as_bytes()),
        }
    }

    /// Reads a time that a body states in whichever form: RFC 3339, Unix seconds or milliseconds.
    pub(crate) fn read_any(value: Value<'_>) -> Option<Self> {
        if let Some(text) = value.text() {
            return Self::from_json(text);
        }
        let number = Self::from_digits(value.raw().as_bytes())?;
        // In seconds, so large a number lies beyond the year 5000.
        Some(if number.0 < 100_000_000_000 { number } else { Self(number.0 / 1000) })
    }

    /// Reads 1 to 13 ASCII digits. No sign, no space.
    pub(crate) fn from_digits(text: &[u8]) -> Option<Self> {
        if text.is_empty() || text.len() > crate::limits::TIMESTAMP_DIGITS {
            return None;
        }
        let mut number = 0;
        for digit in text {
            if !digit.is_ascii_digit() {
                return None;
            }
            number = number * 10 + u64::from(digit - b'0');
        }
        Some(Self(number))
    }
}

#[cfg(feature = "std")]
impl TryFrom<std::time::SystemTime> for UnixSeconds {
    type Error = std::time::SystemTimeError;

    /// Whole seconds, cut off.
    ///
    /// # Errors
    /// For times before 1970.
    fn try_from(time: std::time::SystemTime) -> Result<Self, Self::Error> {
        time.duration_since(std::time::UNIX_EPOCH).map(|d| Self(d.as_secs()))
    }
}

impl fmt::Display for UnixSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How a date-time is written as far as its seconds: see [`read_numbers`].
const DATE_TIME: &[u8] = b"0000-11-22T33:44:55";

/// Reads a text of that form: a digit of it stands for a digit of the number that it counts to, anything
/// else for itself, a letter in either case.
fn read_numbers(text: &[u8], form: &[u8], numbers: &mut [u32]) -> Option<()> {
    for (byte, form) in text.iter().zip(form) {
        match numbers.get_mut(usize::from(form.wrapping_sub(b'0'))) {
            Some(number) if byte.is_ascii_digit() => {
                *number = *number * 10 + u32::from(byte - b'0');
            }
            None if byte.eq_ignore_ascii_case(form) => {}
            _ => return None,
        }
    }
    (text.len() == form.len()).then_some(())
}

fn skip_fraction(text: &[u8]) -> Option<&[u8]> {
    let [b'.', fraction @ ..] = text else { return Some(text) };
    let end = fraction.iter().position(|b| !b.is_ascii_digit())?;
    if end > 0 { fraction.get(end..) } else { None }
}

/// Seconds east of UTC.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, offset) = text.split_first()?;
    let mut numbers = [0; 2];
    match sign {
        b'Z' | b'z' if offset.is_empty() => return Some(0),
        b'+' | b'-' => read_numbers(offset, b"00:11", &mut numbers)?,
        _ => return None,
    }
    let [hours, minutes] = numbers;
    let seconds = i64::from(hours * 3600 + minutes * 60);
    (hours < 24 && minutes < 60).then_some(if *sign == b'-' { -seconds } else { seconds })
}

/// Days from 1 March of the year -400 in the proleptic Gregorian calendar to the first of a month; of a
/// thirteenth one as well. Years are counted from that day, so that the leap day comes last.
#[inline(never)]
fn days_before(year: u32, month: u32) -> u32 {
    let (year, month) = if month > 2 { (year + 400, month - 3) } else { (year + 399, month + 9) };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5
}

/// The same to 1970-01-01.
const DAYS_BEFORE_1970: i64 = 865_565;

#[cfg(feature = "alloc")]
impl UnixSeconds {
    /// Writes `2026-01-02T03:04:05Z`. Times after the year 9999 are written with more digits.
    pub fn to_rfc3339(self) -> alloc::string::String {
        let (days, second) = (self.0 / 86_400, self.0 % 86_400);
        // Years are counted from 1 March 0000, in cycles of 400 years (146_097 days).
        let shifted = days.saturating_add(719_468);
        let (cycle, day) = (shifted / 146_097, shifted % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (year, month) = (year + cycle * 400, if month < 10 { month + 3 } else { month - 9 });
        let year = year + u64::from(month <= 2);
        let fields = [
            (year, 1000, '-'),
            (month, 10, '-'),
            (day, 10, 'T'),
            (second / 3600, 10, ':'),
            (second / 60 % 60, 10, ':'),
            (second % 60, 10, 'Z'),
        ];
        let mut text = alloc::string::String::new();
        // By hand: the formatting machinery is larger than the rest of the WebAssembly module's core.
        for (number, mut unit, mark) in fields {
            while number / unit > 9 {
                unit *= 10;
            }
            while unit > 0 {
                text.push(char::from(b'0' + (number / unit % 10).to_le_bytes()[0]));
                unit /= 10;
            }
            text.push(mark);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<u64> {
        UnixSeconds::from_rfc3339(text).map(UnixSeconds::get)
    }

    #[test]
    fn rfc3339_examples() {
        assert_eq!(at("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(at("2021-02-25T15:02:10Z"), Some(1_614_265_330));
        assert_eq!(at("2021-02-25T15:02:10.123456789z"), Some(1_614_265_330));
        assert_eq!(at("2021-02-25T16:32:10+01:30"), Some(1_614_265_330));
        assert_eq!(at("2021-02-25T13:32:10-01:30"), Some(1_614_265_330));
        assert_eq!(at("2024-02-29T00:00:00Z"), Some(1_709_164_800));
        assert_eq!(at("2016-12-31T23:59:60Z"), Some(1_483_228_800));
        assert_eq!(at("2000-03-01t00:00:00-00:00"), Some(951_868_800));
    }

    #[test]
    fn rfc3339_refusals() {
        for text in [
            "",
            "2021",
            "2021-02-25",
            "2021-02-25 15:02:10Z",
            "2021-02-25T15:02:10",
            "2021-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2021-13-01T00:00:00Z",
            "2021-00-01T00:00:00Z",
            "2021-01-00T00:00:00Z",
            "2021-01-01T24:00:00Z",
            "2021-01-01T00:60:00Z",
            "2021-01-01T00:00:61Z",
            "2021-01-01T00:00:00.Z",
            "2021-01-01T00:00:00+24:00",
            "2021-01-01T00:00:00+1:00",
            "2021-01-01T00:00:00Zjunk",
            " 2021-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "2021-01-01T00:00:0éZ",
            "+021-01-01T00:00:00Z",
        ] {
            assert_eq!(at(text), None, "{text:?}");
        }
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn every_month_has_its_days() {
        extern crate alloc;
        for year in 1970..=2401 {
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let february = if is_leap { 29 } else { 28 };
            let mut before = at(&alloc::format!("{year}-01-01T00:00:00Z")).unwrap();
            for (month, days) in
                [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].iter().enumerate()
            {
                for day in 0..=32 {
                    let found = at(&alloc::format!("{year}-{:02}-{day:02}T00:00:00Z", month + 1));
                    let is_one = (1..=*days).contains(&day);
                    assert_eq!(found, is_one.then_some(before), "{year}-{month}-{day}");
                    before += if is_one { 86_400 } else { 0 };
                }
            }
        }
    }

    #[test]
    fn an_escaped_date_time_is_the_same_one() {
        let of = |raw| UnixSeconds::from_json(JsonText::plain(raw)).map(UnixSeconds::get);
        assert_eq!(of(r"2021-02-25T16:32:10\u002B01:30"), Some(1_614_265_330));
        assert_eq!(of("2021-02-25T16:32:10.0000000000000000000000000000Z"), None);
        assert_eq!(of(r"2021-02-25T16:32:10\ud800"), None);
    }

    #[cfg(feature = "std")]
    #[test]
    fn the_standard_librarys_time_is_cut_to_seconds() {
        use std::time::{Duration, UNIX_EPOCH};
        let time = UNIX_EPOCH + Duration::from_millis(1_999);
        assert_eq!(UnixSeconds::try_from(time).unwrap().get(), 1);
        assert!(UnixSeconds::try_from(UNIX_EPOCH - Duration::from_secs(1)).is_err());
    }

    #[test]
    fn numeric_timestamps_are_1_to_13_digits() {
        let of = |s: &str| UnixSeconds::from_digits(s.as_bytes()).map(UnixSeconds::get);
        assert_eq!(of("0"), Some(0));
        assert_eq!(of("0000000000001"), Some(1));
        assert_eq!(of("9999999999999"), Some(9_999_999_999_999));
        for bad in ["", "12345678901234", "+1", "-1", " 1", "1 ", "1.0", "1e3", "0x1", "٣"] {
            assert_eq!(of(bad), None, "{bad:?}");
        }
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn written_times_read_back_as_themselves() {
        for s in (0..4_000_000_000_u64).step_by(7_654_321).chain([951_782_400, 1_709_164_799]) {
            let time = UnixSeconds::new(s);
            assert_eq!(UnixSeconds::from_rfc3339(&time.to_rfc3339()), Some(time));
        }
        assert_eq!(UnixSeconds::new(1_614_265_330).to_rfc3339(), "2021-02-25T15:02:10Z");
    }
}
