//! Who sends to a source: a provider of the catalogue, or a scheme of the user's own.

use std::ops::Deref;

use hookward::{Handshake, Provider, Row};
use serde::{Deserialize, Serialize};

/// Who sends. Written as the field `provider` or the field `scheme`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sender {
    /// The id of a provider in the catalogue.
    Provider(String),
    /// A provider that is not in it.
    Scheme(Box<OwnScheme>),
}

macro_rules! columns {
    ($($name:ident)+) => {
        /// The columns of [`Row`], as they were given. An empty one means what `Row` says.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub(crate) struct OwnScheme {
            $(
                #[serde(skip_serializing_if = "String::is_empty")]
                $name: String,
            )+
        }

        impl OwnScheme {
            /// Takes the columns one by one, by their names.
            pub(crate) fn take<E>(
                mut column: impl FnMut(&'static str) -> Result<Option<String>, E>,
            ) -> Result<Self, E> {
                Ok(Self { $( $name: column(stringify!($name))?.unwrap_or_default(), )+ })
            }

            fn row(&self) -> Row<'_> {
                Row { $( $name: &self.$name, )+ }
            }
        }
    };
}

columns! {
    id name signature timestamp id_header other_headers format encoding key time signed tolerance
    horizon event_key envelope event_type created event_type_header delivery_id_header siblings
    handshake
}

/// A sender's provider: out of the catalogue, or made from the columns.
pub(crate) enum Resolved<'a> {
    Known(&'static Provider<'static>),
    Own(Box<Provider<'a>>),
}

impl<'a> Deref for Resolved<'a> {
    type Target = Provider<'a>;

    fn deref(&self) -> &Provider<'a> {
        match self {
            Self::Known(provider) => provider,
            Self::Own(provider) => provider,
        }
    }
}

impl Sender {
    /// The provider, checked.
    pub(crate) fn resolve(&self) -> Result<Resolved<'_>, hookward::Error<'_>> {
        match self {
            Self::Provider(id) => hookward::provider(id).map(Resolved::Known),
            Self::Scheme(scheme) => scheme.row().provider().map(Box::new).map(Resolved::Own),
        }
    }
}

/// Whether the secret arrives by the provider's handshake, rather than being copied by hand.
pub(crate) fn brings_secret(provider: &Provider<'_>) -> bool {
    matches!(provider.handshake, Handshake::Asana | Handshake::Notion)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_keeps_what_was_given_and_no_more() {
        let given = |name: &str| match name {
            "signature" => Ok::<_, ()>(Some("X-Acme-Signature".to_owned())),
            "horizon" => Ok(Some("3600".to_owned())),
            _ => Ok(None),
        };
        let sender = Sender::Scheme(Box::new(OwnScheme::take(given).unwrap()));
        let json = serde_json::to_string(&sender).unwrap();
        assert_eq!(json, r#"{"scheme":{"signature":"X-Acme-Signature","horizon":"3600"}}"#);
        assert_eq!(serde_json::from_str::<Sender>(&json).unwrap(), sender);
        let provider = sender.resolve().unwrap();
        assert_eq!((provider.id, provider.retry_horizon_s), ("custom", 3600));
    }

    #[test]
    fn what_cannot_be_verified_is_refused() {
        let none = Sender::Scheme(Box::default());
        assert_eq!(none.resolve().err().map(|error| error.code()), Some("invalid_scheme"));
        let unknown = Sender::Provider("nobody".into());
        assert_eq!(unknown.resolve().err().map(|error| error.code()), Some("unknown_provider"));
    }
}
