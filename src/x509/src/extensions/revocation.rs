//! Where a certificate says that its revocation is told: CRL distribution points and OCSP responders.

use crate::der::{self, Element};
use crate::general_name::GeneralName;
use crate::named_bits;

/// One distribution point (RFC 5280, 4.2.1.13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistributionPoint {
    /// Its names; none where the point is told by `crl_issuer` alone.
    pub names: Vec<PointName>,
    /// The reasons that its lists are limited to, as flags; none: all.
    pub reasons: Option<u16>,
    /// Whether another authority issues the list.
    pub other_issuer: bool,
}

/// A name of a distribution point. Compared as encoded: both sides of the comparison were written by one authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PointName {
    /// A general name, as encoded, and as a URI where it is one.
    Full {
        /// The whole name, DER.
        der: Vec<u8>,
        /// The URI, where it is one.
        uri: Option<String>,
    },
    /// Attributes to be put behind the issuer's name: the RDN, as the SET that it is.
    Relative(Vec<u8>),
}

impl DistributionPoint {
    pub(super) fn read_all(value: &[u8]) -> Result<Vec<Self>, String> {
        let mut points = Vec::new();
        for point in der::elements(der::only_sequence(value)?) {
            let point = point?;
            if point.tag != der::SEQUENCE {
                return Err("has a distribution point that is not a sequence".to_owned());
            }
            points.push(Self::read(point.content)?);
        }
        if points.is_empty() {
            return Err("has no distribution point in it".to_owned());
        }
        Ok(points)
    }

    fn read(content: &[u8]) -> Result<Self, String> {
        let mut point = Self {
            names: Vec::new(),
            reasons: None,
            other_issuer: false,
        };
        let mut least = 0;
        for part in der::elements(content) {
            let part = part?;
            let number = part.tag & 0x1f;
            if number < least {
                return Err("has a distribution point whose parts are repeated or out of order".to_owned());
            }
            least = number.saturating_add(1);
            match part.tag {
                0xa0 => point.names = PointName::read_choice(part.content)?,
                0x81 => point.reasons = Some(reason_flags(&part).map_err(|reason| format!("has {reason}"))?),
                0xa2 => point.other_issuer = true,
                other => {
                    return Err(format!(
                        "has a distribution point with the unknown part {other:02x}"
                    ));
                }
            }
        }
        if point.names.is_empty() && !point.other_issuer {
            return Err("has a distribution point without a name".to_owned());
        }
        Ok(point)
    }
}

impl PointName {
    /// Reads a DistributionPointName's content: full names, or one that is relative to the issuer.
    pub(crate) fn read_choice(content: &[u8]) -> Result<Vec<Self>, String> {
        let (choice, rest) = der::split(content)?;
        if !rest.is_empty() {
            return Err("has two names of one distribution point".to_owned());
        }
        match choice.tag {
            0xa0 => {
                let mut names = Vec::new();
                for name in der::elements(choice.content) {
                    names.push(Self::full(&name?)?);
                }
                if names.is_empty() {
                    return Err("has a distribution point without a name".to_owned());
                }
                Ok(names)
            }
            0xa1 => {
                let mut set = choice.whole.to_vec();
                // The tag is implicit: the SET's own takes its place.
                if let Some(tag) = set.first_mut() {
                    *tag = der::SET;
                }
                Ok(vec![Self::Relative(set)])
            }
            other => Err(format!(
                "has a distribution point's name of the unknown kind {other:02x}"
            )),
        }
    }

    fn full(element: &Element<'_>) -> Result<Self, String> {
        let uri = match GeneralName::read(element)? {
            GeneralName::Uri(uri) => Some(uri),
            _ => None,
        };
        Ok(Self::Full {
            der: element.whole.to_vec(),
            uri,
        })
    }
}

/// For which reasons a list is, or lists of a point are: bit *n* of the number for bit *n* of `ReasonFlags` (RFC 5280,
/// 4.2.1.13). Where there are none the field is left out.
pub(crate) fn reason_flags(bits: &Element<'_>) -> Result<u16, &'static str> {
    match named_bits::read(bits)? {
        0 => Err("no reasons"),
        flags => Ok(flags),
    }
}

/// The addresses of OCSP responders among an authority information access extension (RFC 5280, 4.2.2.1). Others,
/// where issuers' certificates are, are never followed (threat P20).
pub(super) fn ocsp_locations(value: &[u8]) -> Result<Vec<String>, String> {
    const OCSP: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 48, 1];
    let mut locations = Vec::new();
    for description in der::elements(der::only_sequence(value)?) {
        let description = description?;
        let (method, rest) = der::split(description.content)?;
        let (location, rest) = der::split(rest)?;
        if description.tag != der::SEQUENCE || method.tag != der::OBJECT_IDENTIFIER || !rest.is_empty() {
            return Err("is not a list of methods and places".to_owned());
        }
        if method.content == OCSP
            && let GeneralName::Uri(uri) = GeneralName::read(&location)?
        {
            locations.push(uri);
        }
    }
    Ok(locations)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::encode::element;

    /// Read as strictly as those of a list, with which they are compared (threat R7).
    #[test]
    fn the_reasons_of_a_point_have_one_form() {
        let names = element(
            0xa0,
            &[&element(0xa0, &[&element(0x86, &[b"http://crl.example"])])],
        );
        for (bits, wanted) in [
            (&[5, 0x60][..], Some(0x06)),
            (&[7, 0x40, 0x80], Some(0x102)),
            (&[0], None),
            (&[], None),
            (&[4, 0x60], None),
            (&[0, 0x60, 0], None),
            (&[5, 0x61], None),
            (&[0, 1, 1, 1], None),
        ] {
            let point = element(0x30, &[&names, &element(0x81, &[bits])]);
            let points = DistributionPoint::read_all(&element(0x30, &[&point]));
            let read = points.ok().map(|points| points.first().unwrap().reasons.unwrap());
            assert_eq!(read, wanted, "{bits:02x?}");
        }
    }
}
