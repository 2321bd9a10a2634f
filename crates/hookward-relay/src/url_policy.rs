//! Where deliveries may go: `https` URLs of public hosts.
//!
//! The text is parsed once, by the WHATWG rules that `fetch` itself follows, so that an address
//! written in octal, in hex or as one number is seen for what it is. What is stored and called is
//! the parsed form. Names are judged by their spelling only: what a public name resolves to is the
//! network's to guard, and on Cloudflare a Worker reaches no private network.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::limits;

/// Why a destination's URL is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlRefused {
    /// Longer than [`limits::URL_BYTES`].
    TooLong,
    /// White space or a control character, which the parser would drop silently.
    Character,
    /// Not an absolute URL with a host.
    Malformed,
    /// Not `https`.
    Scheme,
    /// A user name or a password.
    Userinfo,
    /// A fragment, which is never sent.
    Fragment,
    /// An address that is not public.
    PrivateAddress,
    /// A name that is not public: `localhost`, `.local`, `.internal`, a single label, ….
    PrivateName,
    /// A name that ends in a dot.
    TrailingDot,
}

impl fmt::Display for UrlRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the URL is longer than 2048 bytes",
            Self::Character => "the URL holds white space, a backslash or a control character",
            Self::Malformed => "not an absolute URL with a host",
            Self::Scheme => "the URL must start with https://",
            Self::Userinfo => "the URL must hold no user name or password; use custom headers",
            Self::Fragment => "the URL must hold no fragment",
            Self::PrivateAddress => "the URL's address is not a public one",
            Self::PrivateName => "the URL's host is not a public name",
            Self::TrailingDot => "the URL's host must not end in a dot",
        })
    }
}

impl core::error::Error for UrlRefused {}

/// A URL that deliveries may go to. All of it beyond the origin is a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct DestinationUrl(Url);

impl DestinationUrl {
    /// Parses and judges a URL.
    ///
    /// `allow_loopback`, for development, allows `http` and `https` to `127.0.0.0/8`, `::1` and
    /// `localhost` besides, and nothing else.
    pub fn parse(text: &str, allow_loopback: bool) -> Result<Self, UrlRefused> {
        if text.len() > limits::URL_BYTES {
            return Err(UrlRefused::TooLong);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(UrlRefused::Character);
        }
        let url = Url::parse(text).map_err(|_| UrlRefused::Malformed)?;
        let scheme_of_web = matches!(url.scheme(), "https" | "http");
        // An opaque or a foreign URL has no origin worth a closer look.
        if !scheme_of_web {
            return Err(UrlRefused::Scheme);
        }
        if !text.get(url.scheme().len()..).is_some_and(|rest| rest.starts_with("://")) {
            return Err(UrlRefused::Malformed);
        }
        if has_userinfo(text, &url) {
            return Err(UrlRefused::Userinfo);
        }
        if url.fragment().is_some() {
            return Err(UrlRefused::Fragment);
        }
        let host = url.host().ok_or(UrlRefused::Malformed)?;
        if !(allow_loopback && is_loopback(&host)) {
            if url.scheme() != "https" {
                return Err(UrlRefused::Scheme);
            }
            check_public(&host)?;
        }
        // Parsing percent-encodes, which can make it longer.
        if url.as_str().len() > limits::URL_BYTES {
            return Err(UrlRefused::TooLong);
        }
        Ok(Self(url))
    }

    /// The whole URL, normalised: a secret.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Scheme, host and, unless it is the usual one, port: what lists and logs may show.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

impl fmt::Debug for DestinationUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DestinationUrl({}/…)", self.origin())
    }
}

/// Also where user name and password are empty, as in `https://@host/`, which parsing drops.
fn has_userinfo(text: &str, url: &Url) -> bool {
    let authority = text.split_once("://").map_or("", |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    authority.contains('@') || !url.username().is_empty() || url.password().is_some()
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn check_public(host: &Host<&str>) -> Result<(), UrlRefused> {
    match host {
        Host::Ipv4(address) if !is_public_v4(*address) => Err(UrlRefused::PrivateAddress),
        Host::Ipv6(address) if !is_public_v6(*address) => Err(UrlRefused::PrivateAddress),
        Host::Domain(name) => check_name(name),
        _ => Ok(()),
    }
}

/// Names of special use (RFC 6761, 6762, 7686, 8375, 9476, ICANN's `.internal`), and what routers
/// and private networks use although nobody gave it to them.
const PRIVATE_SUFFIXES: &[&str] = &[
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
    "in-addr.arpa",
    "ip6.arpa",
    "test",
    "invalid",
    "onion",
    "alt",
];

/// `name` is lower-case ASCII: the parser has seen to that.
fn check_name(name: &str) -> Result<(), UrlRefused> {
    if name.ends_with('.') {
        return Err(UrlRefused::TrailingDot);
    }
    let is_private = |suffix: &&str| {
        name.strip_suffix(*suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if !name.contains('.') || PRIVATE_SUFFIXES.iter().any(is_private) {
        return Err(UrlRefused::PrivateName);
    }
    let well_formed = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    if name.len() > 253 || !name.split('.').all(well_formed) {
        return Err(UrlRefused::Malformed);
    }
    Ok(())
}

/// Blocks that are not public: IANA's special-purpose registry, and multicast.
const PRIVATE_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::UNSPECIFIED, 8),            // this network, unspecified
    (Ipv4Addr::new(10, 0, 0, 0), 8),       // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),    // shared, carrier-grade NAT; some clouds' metadata
    (Ipv4Addr::new(127, 0, 0, 0), 8),      // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32), // Azure's host
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local, the clouds' metadata
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // 6to4 relays
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),      // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),      // reserved, broadcast
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    !PRIVATE_V4.iter().any(|(block, bits)| {
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        address.to_bits() & mask == block.to_bits()
    })
}

/// Blocks of `2000::/3` that are not public. All that is public lies in `2000::/3`; so loopback,
/// link-local, site-local, unique-local and multicast addresses, IPv4-mapped and -compatible ones
/// and NAT64 are outside of it, and refused.
const PRIVATE_V6: &[([u16; 2], u32)] = &[
    ([0x2001, 0x0000], 23), // protocol assignments, Teredo, ORCHID
    ([0x2001, 0x0db8], 32), // documentation
    ([0x2002, 0x0000], 16), // 6to4: an IPv4 address in disguise
    ([0x3fff, 0x0000], 20), // documentation
];

fn is_public_v6(address: Ipv6Addr) -> bool {
    let within = |[first, second]: [u16; 2], len: u32| {
        let block = Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0);
        address.to_bits() & u128::MAX.checked_shl(128 - len).unwrap_or(0) == block.to_bits()
    };
    within([0x2000, 0], 3) && !PRIVATE_V6.iter().any(|(block, len)| within(*block, *len))
}
