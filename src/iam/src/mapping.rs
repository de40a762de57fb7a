//! Which attributes of a certificate become session tags (contract 3.1).

use std::sync::Arc;

use x509::{Attribute, Certificate, GeneralName, Name};

/// The most tags of a session, and the longest key and value (policy contract 1.11).
const MOST_TAGS: usize = 50;
/// How many there usually are.
const USUAL: usize = 8;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

/// Why a mapping rule is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMapping {
    /// The field is not one that is mapped.
    #[error("`{0}` is not a field; the fields are x509Subject, x509Issuer and x509SAN")]
    Field(String),
    /// The specifier means nothing for the field.
    #[error("`{specifier}` is not a specifier of {field}; {allowed}")]
    Specifier {
        /// The field.
        field: &'static str,
        /// The specifier.
        specifier: String,
        /// What is.
        allowed: &'static str,
    },
    /// The field stands twice.
    #[error("the field {0} is mapped twice; put its specifiers in one list")]
    Twice(&'static str),
}

/// One attribute, or all.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Specifier {
    All,
    One(String),
}

impl Specifier {
    fn takes(&self, attribute: &Attribute) -> bool {
        match self {
            Self::All => true,
            Self::One(name) => attribute.short_name() == name || attribute.oid == *name,
        }
    }
}

/// The mapping of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeMapping {
    subject: Vec<Specifier>,
    issuer: Vec<Specifier>,
    dns: bool,
    uri: bool,
    directory: Vec<Specifier>,
}

impl Default for AttributeMapping {
    /// What a new profile maps: the whole subject and issuer; of the alternative names DNS, URI and directory name.
    fn default() -> Self {
        Self {
            subject: vec![Specifier::All],
            issuer: vec![Specifier::All],
            dns: true,
            uri: true,
            directory: vec![Specifier::All],
        }
    }
}

impl AttributeMapping {
    /// The mapping of these fields and specifiers, and of nothing else.
    pub fn new<'a>(rules: impl IntoIterator<Item = (&'a str, Vec<&'a str>)>) -> Result<Self, InvalidMapping> {
        let mut mapping = Self {
            subject: vec![],
            issuer: vec![],
            dns: false,
            uri: false,
            directory: vec![],
        };
        let mut seen: Vec<&'static str> = Vec::new();
        for (name, specifiers) in rules {
            let fields = ["x509Subject", "x509Issuer", "x509SAN"];
            let field = fields.into_iter().find(|field| *field == name);
            let field = field.ok_or_else(|| InvalidMapping::Field(name.chars().take(60).collect()))?;
            if seen.contains(&field) {
                return Err(InvalidMapping::Twice(field));
            }
            seen.push(field);
            for specifier in specifiers {
                mapping.add(field, specifier)?;
            }
        }
        Ok(mapping)
    }

    fn add(&mut self, field: &'static str, specifier: &str) -> Result<(), InvalidMapping> {
        let refuse = |allowed| InvalidMapping::Specifier {
            field,
            specifier: specifier.chars().take(60).collect(),
            allowed,
        };
        let attribute = |name: &str| match name {
            "*" => Some(Specifier::All),
            name if is_attribute_name(name) => Some(Specifier::One(name.to_owned())),
            _ => None,
        };
        const OF_NAMES: &str = "write `*`, a short name such as CN, or a dotted type";
        match field {
            "x509Subject" => self
                .subject
                .push(attribute(specifier).ok_or_else(|| refuse(OF_NAMES))?),
            "x509Issuer" => self
                .issuer
                .push(attribute(specifier).ok_or_else(|| refuse(OF_NAMES))?),
            _ => match specifier {
                "DNS" => self.dns = true,
                "URI" => self.uri = true,
                "Name" | "Name/" | "Name/*" => self.directory.push(Specifier::All),
                other => {
                    let name = other.strip_prefix("Name/").and_then(attribute);
                    self.directory
                        .push(name.ok_or_else(|| refuse("write DNS, URI, Name/* or Name/CN"))?);
                }
            },
        }
        Ok(())
    }

    /// The session tags of a certificate.
    pub fn tags(&self, certificate: &Certificate) -> SessionTags {
        let mut tags = Gathered {
            tags: Vec::with_capacity(USUAL),
            dropped: Vec::new(),
        };
        tags.add_name("x509Subject", &self.subject, certificate.subject());
        tags.add_name("x509Issuer", &self.issuer, certificate.issuer());
        let names = certificate.alternative_names();
        // Of each kind the first, as AWS has it (contract 3.1).
        if self.dns
            && let Some(name) = names.iter().find_map(|name| match name {
                GeneralName::Dns(name) => Some(name),
                _ => None,
            })
        {
            tags.add("x509SAN/DNS".to_owned(), name.clone());
        }
        if self.uri
            && let Some(name) = names.iter().find_map(|name| match name {
                GeneralName::Uri(name) => Some(name),
                _ => None,
            })
        {
            tags.add("x509SAN/URI".to_owned(), name.clone());
        }
        if let Some(name) = names.iter().find_map(|name| match name {
            GeneralName::Directory(name) => Some(name),
            _ => None,
        }) {
            tags.add_name("x509SAN/Name", &self.directory, name);
        }
        SessionTags {
            tags: tags.tags.into(),
            dropped: tags.dropped,
        }
    }
}

fn is_attribute_name(name: &str) -> bool {
    let short = name.len() <= 60 && name.starts_with(|c: char| c.is_ascii_alphabetic());
    let dotted = name.starts_with(|c: char| c.is_ascii_digit()) && name.contains('.');
    (short && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        || (dotted && name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

/// Session tags, in order, each key once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionTags {
    tags: Arc<[(String, String)]>,
    dropped: Vec<String>,
}

/// Tags that are being gathered.
struct Gathered {
    tags: Vec<(String, String)>,
    dropped: Vec<String>,
}

impl SessionTags {
    /// Keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tags
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Keys and values, for who keeps them.
    pub fn shared(&self) -> &Arc<[(String, String)]> {
        &self.tags
    }

    /// How many bytes they take, names that were dropped included.
    pub fn bytes(&self) -> usize {
        let tags = self
            .iter()
            .map(|(key, value)| key.len().saturating_add(value.len()));
        tags.chain(self.dropped.iter().map(String::len)).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// The keys whose value does not fit a tag, so that there is no such tag: for the event.
    pub fn dropped(&self) -> &[String] {
        &self.dropped
    }

    /// For people.
    pub fn describe(&self) -> String {
        let mut parts: Vec<String> = self.iter().map(|(key, value)| format!("{key}={value}")).collect();
        parts.extend(self.dropped.iter().map(|key| format!("{key} dropped")));
        parts.join(", ")
    }
}

impl Gathered {
    /// The attributes of a name: several of one type joined with `/` in certificate order (contract 3.1).
    fn add_name(&mut self, field: &str, specifiers: &[Specifier], name: &Name) {
        let mut types: Vec<&str> = Vec::with_capacity(USUAL);
        for attribute in name.attributes() {
            let taken = specifiers.iter().any(|specifier| specifier.takes(attribute));
            if taken && !types.contains(&attribute.short_name()) {
                types.push(attribute.short_name());
            }
        }
        for short_name in types {
            let key = [field, "/", short_name].concat();
            // One value that is no text spoils the tag: part of a list would be another statement (threat P22).
            match joined(name, short_name) {
                Some(value) => self.add(key, value),
                None => self.dropped.push(key),
            }
        }
    }

    /// Adds a tag if its value fits the pattern of tags; else remembers that it did not (contract 3.1).
    fn add(&mut self, key: String, value: String) {
        let fits = |text: &str, most: usize| {
            text.chars().count() <= most
                && text.chars().all(|c| {
                    c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c)
                })
        };
        if self.tags.len() < MOST_TAGS && fits(&key, LONGEST_KEY) && fits(&value, LONGEST_VALUE) {
            self.tags.push((key, value));
        } else {
            self.dropped.push(key);
        }
    }
}

/// The values of one attribute type, joined with `/`; none where one of them is no text.
fn joined(name: &Name, short_name: &str) -> Option<String> {
    let mut all = name
        .attributes()
        .filter(|attribute| attribute.short_name() == short_name);
    let mut joined = all.next()?.value.clone().ok()?;
    for attribute in all {
        joined.push('/');
        joined.push_str(attribute.value.as_deref().ok()?);
    }
    Some(joined)
}
