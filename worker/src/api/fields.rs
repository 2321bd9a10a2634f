//! The fields of a JSON request, taken out one by one.
//!
//! Everything that is left over is refused by name, and no message ever quotes a value: it might
//! be a secret.

use serde_json::{Map, Value};

use crate::problem::{Code, Problem};

/// Field names are quoted in messages up to this many characters.
const NAME_CHARS_SHOWN: usize = 64;

/// The fields not yet taken from a JSON object.
#[derive(Debug)]
pub(crate) struct Fields {
    left: Map<String, Value>,
    /// What precedes a name in a message: empty, or the parent's name and a dot.
    prefix: &'static str,
}

impl Fields {
    /// The fields of the JSON object in `body`. An empty body is an empty object.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Problem> {
        if body.is_empty() {
            return Ok(Self { left: Map::new(), prefix: "" });
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(left)) => Ok(Self { left, prefix: "" }),
            Ok(_) => Err(Problem::invalid("The body must be a JSON object.")),
            Err(error) => Err(Problem::new(
                Code::MalformedJson,
                format!("The body is not JSON: line {}, column {}.", error.line(), error.column()),
            )),
        }
    }

    /// A string of 1 to `max` bytes.
    pub(crate) fn string(&mut self, name: &str, max: usize) -> Result<Option<String>, Problem> {
        match self.left.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => {
                self.check_length(name, &text, max)?;
                Ok(Some(text))
            }
            Some(_) => Err(self.wrong(name, "a string")),
        }
    }

    /// A string of 1 to 64 bytes, or a whole number as its digits.
    pub(crate) fn string_or_number(&mut self, name: &str) -> Result<Option<String>, Problem> {
        match self.left.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() <= 64 => Ok(Some(text)),
            Some(Value::Number(number)) if number.is_u64() => Ok(Some(number.to_string())),
            Some(_) => Err(self.wrong(name, "a short string or a whole number")),
        }
    }

    /// A list of 1 to `items` strings of 1 to `max` bytes.
    pub(crate) fn strings(
        &mut self,
        name: &str,
        items: usize,
        max: usize,
    ) -> Result<Option<Vec<String>>, Problem> {
        let list = match self.left.remove(name) {
            None => return Ok(None),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(self.wrong(name, "a list of strings")),
        };
        if list.is_empty() || list.len() > items {
            return Err(self.wrong(name, &format!("a list of 1 to {items} strings")));
        }
        let mut out = Vec::with_capacity(list.len());
        for item in list {
            let Value::String(text) = item else {
                return Err(self.wrong(name, "a list of strings"));
            };
            self.check_length(name, &text, max)?;
            out.push(text);
        }
        Ok(Some(out))
    }

    /// A list of up to `items` objects, each as its fields; where the list holds a string, it is the
    /// object with that under `short`. Their messages start with `prefix`.
    pub(crate) fn objects(
        &mut self,
        name: &str,
        items: usize,
        prefix: &'static str,
        short: &str,
    ) -> Result<Option<Vec<Self>>, Problem> {
        let list = match self.left.remove(name) {
            None => return Ok(None),
            Some(Value::Array(list)) if list.len() <= items => list,
            Some(_) => return Err(self.wrong(name, &format!("a list of at most {items}"))),
        };
        let object = |item| match item {
            Value::Object(left) => Ok(Self { left, prefix }),
            text @ Value::String(_) => {
                Ok(Self { left: Map::from_iter([(short.to_owned(), text)]), prefix })
            }
            _ => Err(self.wrong(name, "a list of strings or objects")),
        };
        list.into_iter().map(object).collect::<Result<_, _>>().map(Some)
    }

    /// A whole number from `min` to `max`.
    pub(crate) fn number(
        &mut self,
        name: &str,
        min: u32,
        max: u32,
    ) -> Result<Option<u32>, Problem> {
        let Some(value) = self.left.remove(name) else { return Ok(None) };
        value
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| (min..=max).contains(number))
            .map(Some)
            .ok_or_else(|| self.wrong(name, &format!("a whole number from {min} to {max}")))
    }

    /// A number of any kind, or `null`, which is `Some(None)`.
    #[allow(clippy::option_option)]
    pub(crate) fn decimal_or_null(&mut self, name: &str) -> Result<Option<Option<f64>>, Problem> {
        match self.left.remove(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(Value::Number(number)) => Ok(Some(number.as_f64())),
            Some(_) => Err(self.wrong(name, "a number or null")),
        }
    }

    /// A list of 1 to `items` whole numbers from `min` to `max`.
    pub(crate) fn numbers(
        &mut self,
        name: &str,
        items: usize,
        (min, max): (u32, u32),
    ) -> Result<Option<Vec<u32>>, Problem> {
        let Some(value) = self.left.remove(name) else { return Ok(None) };
        let wrong = |fields: &Self| {
            fields.wrong(name, &format!("a list of 1 to {items} whole numbers from {min} to {max}"))
        };
        let list = value.as_array().filter(|list| (1..=items).contains(&list.len()));
        let numbers: Option<Vec<u32>> = list.and_then(|list| {
            list.iter()
                .map(|number| number.as_u64().and_then(|number| u32::try_from(number).ok()))
                .map(|number| number.filter(|number| (min..=max).contains(number)))
                .collect()
        });
        numbers.map(Some).ok_or_else(|| wrong(self))
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&mut self, name: &str) -> Result<Option<bool>, Problem> {
        match self.left.remove(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(_) => Err(self.wrong(name, "true or false")),
        }
    }

    /// An object inside this one; its messages start with `prefix`, the name and a dot.
    pub(crate) fn object(
        &mut self,
        name: &str,
        prefix: &'static str,
    ) -> Result<Option<Self>, Problem> {
        match self.left.remove(name) {
            None => Ok(None),
            Some(Value::Object(left)) => Ok(Some(Self { left, prefix })),
            Some(_) => Err(self.wrong(name, "an object")),
        }
    }

    /// An object of at most `items` names, each with a string of at most `max` bytes.
    pub(crate) fn string_map(
        &mut self,
        name: &str,
        items: usize,
        max: usize,
    ) -> Result<Option<Vec<(String, String)>>, Problem> {
        let map = match self.left.remove(name) {
            None => return Ok(None),
            Some(Value::Object(map)) if map.len() <= items => map,
            Some(_) => return Err(self.wrong(name, &format!("an object of at most {items} names"))),
        };
        let mut out = Vec::with_capacity(map.len());
        for (key, value) in map {
            match value {
                Value::String(text) if text.len() <= max && key.len() <= max => {
                    out.push((key, text));
                }
                _ => {
                    let what = format!("an object of strings of at most {max} bytes");
                    return Err(self.wrong(name, &what));
                }
            }
        }
        Ok(Some(out))
    }

    /// Refuses what nobody took.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(name) => {
                let shown: String = name.chars().take(NAME_CHARS_SHOWN).collect();
                Err(Problem::invalid(format!("There is no field \"{}{shown}\" here.", self.prefix)))
            }
        }
    }

    fn check_length(&self, name: &str, text: &str, max: usize) -> Result<(), Problem> {
        if text.is_empty() || text.len() > max {
            return Err(self.wrong(name, &format!("1 to {max} bytes long")));
        }
        Ok(())
    }

    fn wrong(&self, name: &str, what: &str) -> Problem {
        Problem::invalid(format!("\"{}{name}\" must be {what}.", self.prefix))
    }
}

/// A field that must be there.
pub(crate) fn required<T>(name: &str, value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| Problem::invalid(format!("\"{name}\" is missing.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Fields {
        Fields::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_not_json_is_said_to_be_so() {
        for bad in ["{", "{\"a\":", "nope", "{\"a\":1}x", "\u{0}"] {
            assert_eq!(
                Fields::parse(bad.as_bytes()).unwrap_err().code,
                Code::MalformedJson,
                "{bad}"
            );
        }
        for bad in ["[]", "1", "null", "\"x\""] {
            assert_eq!(
                Fields::parse(bad.as_bytes()).unwrap_err().code,
                Code::InvalidRequest,
                "{bad}"
            );
        }
    }

    #[test]
    fn a_field_nobody_knows_is_named() {
        let mut fields = fields(r#"{"name":"a","nmae":"b"}"#);
        assert_eq!(fields.string("name", 10).unwrap().as_deref(), Some("a"));
        let problem = fields.finish().unwrap_err();
        assert_eq!(problem.code, Code::InvalidRequest);
        assert!(problem.detail.contains("\"nmae\""));
    }

    #[test]
    fn no_message_quotes_a_value() {
        let text = r#"{"a":"whsec_hidden","b":["whsec_hidden"],"c":{"d":"whsec_hidden"}}"#;
        let problems = [
            fields(text).string("a", 3).unwrap_err(),
            fields(text).strings("a", 3, 99).unwrap_err(),
            fields(text).strings("b", 3, 3).unwrap_err(),
            fields(text).objects("a", 3, "a.", "d").unwrap_err(),
            fields(text).objects("b", 0, "b.", "d").unwrap_err(),
            fields(text).number("a", 0, 9).unwrap_err(),
            fields(text).numbers("b", 9, (0, 9)).unwrap_err(),
            fields(text).boolean("a").unwrap_err(),
            fields(text).object("a", "a.").unwrap_err(),
            fields(text).string_map("c", 3, 3).unwrap_err(),
            fields(text).finish().unwrap_err(),
        ];
        for problem in problems {
            assert!(!problem.detail.contains("hidden"), "{}", problem.detail);
        }
    }

    #[test]
    fn a_list_of_objects_may_hold_strings_in_their_place() {
        let list = fields(r#"{"a":["x",{"s":"y","n":1}]}"#).objects("a", 2, "a.", "s");
        let [mut first, mut second] = list.unwrap().unwrap().try_into().unwrap();
        assert_eq!(first.string("s", 9).unwrap().as_deref(), Some("x"));
        first.finish().unwrap();
        assert_eq!(second.string("s", 9).unwrap().as_deref(), Some("y"));
        assert!(second.finish().unwrap_err().detail.contains("\"a.n\""));
        for bad in [r#"{"a":[1]}"#, r#"{"a":"x"}"#, r#"{"a":["x","x","x"]}"#, r#"{"a":[["x"]]}"#] {
            assert!(fields(bad).objects("a", 2, "a.", "s").is_err(), "{bad}");
        }
    }

    #[test]
    fn lengths_and_ranges_hold() {
        assert!(fields(r#"{"a":""}"#).string("a", 3).is_err());
        assert!(fields(r#"{"a":"abcd"}"#).string("a", 3).is_err());
        assert!(fields(r#"{"a":[]}"#).strings("a", 3, 3).is_err());
        assert!(fields(r#"{"a":["b","b","b","b"]}"#).strings("a", 3, 3).is_err());
        for bad in ["-1", "1.5", "10", "4294967296", "1e99", "\"1\"", "null"] {
            assert!(fields(&format!(r#"{{"a":{bad}}}"#)).number("a", 0, 9).is_err(), "{bad}");
        }
        assert_eq!(fields(r#"{"a":9}"#).number("a", 0, 9).unwrap(), Some(9));
        assert_eq!(fields("{}").number("a", 0, 9).unwrap(), None);
    }
}
