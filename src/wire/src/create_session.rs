//! `CreateSession`: the members of the request, from query and body, and the answer (contract 1.1, 1.7).

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use crate::json::{JsonObject, Member, Members};
use crate::{
    AccessKeyId, AssumedRoleArn, InvalidArn, InvalidName, InvalidSessionDuration, ProfileArn, RoleArn,
    RoleSessionName, SessionDuration, SourceIdentity, SubjectArn, Timestamp, TrustAnchorArn,
};

/// What a client asks for: every member valid by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSession {
    /// The trust anchor that the certificate is to be judged by.
    pub trust_anchor: TrustAnchorArn,
    /// The profile that maps the certificate to roles.
    pub profile: ProfileArn,
    /// The role to assume.
    pub role: RoleArn,
    /// The length asked for; the profile's when absent.
    pub duration: Option<SessionDuration>,
    /// The session name asked for; the certificate's serial number when absent.
    pub session_name: Option<RoleSessionName>,
}

/// Why the members of a request cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedCreateSession {
    /// The body is not a JSON object.
    #[error("the body is not a JSON object: {0}")]
    Body(String),
    /// The body has more members than any client sends.
    #[error("the body has more than {MOST_MEMBERS} members")]
    TooMany,
    /// A member came twice: in query and body, or twice in either.
    #[error("`{0}` is given twice")]
    Twice(String),
    /// A required member is missing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A member is of the wrong JSON type.
    #[error("`{member}` is not {expected}")]
    Type {
        /// The member's name.
        member: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A query parameter is not percent-encoded UTF-8.
    #[error("query parameter `{0}` is not percent-encoded UTF-8")]
    Query(String),
    /// A member is not an ARN of its kind.
    #[error("`{member}`: {cause}")]
    Arn {
        /// The member's name.
        member: &'static str,
        /// Why.
        cause: InvalidArn,
    },
    /// The session name is not one.
    #[error("`roleSessionName`: {0}")]
    SessionName(InvalidName),
    /// The duration is out of range.
    #[error("`durationSeconds`: {0}")]
    Duration(InvalidSessionDuration),
}

/// Ours are five, those of the contract eight.
const MOST_MEMBERS: usize = 64;

const TRUST_ANCHOR: &str = "trustAnchorArn";
const PROFILE: &str = "profileArn";
const ROLE: &str = "roleArn";
const DURATION: &str = "durationSeconds";
const SESSION_NAME: &str = "roleSessionName";
/// Every member that may stand in the body; those but the last three may stand in the query too. `sessionName` is
/// deprecated and ignored, `instanceProperties` and `cert` are in the contract and carry no decision here.
const KNOWN: [&str; 5] = [TRUST_ANCHOR, PROFILE, ROLE, DURATION, SESSION_NAME];

impl CreateSession {
    /// Reads the members from the raw query and the body. Unknown members are ignored (contract 8, pitfall 4); a
    /// member given twice, wherever, is refused.
    pub fn parse(query: Option<&str>, body: &[u8]) -> Result<Self, MalformedCreateSession> {
        let mut members = Slots::default();
        for pair in query.unwrap_or("").split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name, name)?, decoded(value, name)?);
            // A query knows text only; there, and only there, digits are a number.
            let value = match whole_number(&value) {
                Some(number) if name == DURATION => Member::Whole(number),
                _ => Member::Text(value),
            };
            members.put(&name, value)?;
        }
        if !body.is_empty() {
            let Members(list) = serde_json::from_slice(body)
                .map_err(|error| MalformedCreateSession::Body(error.to_string()))?;
            // Each is compared with all that came before it.
            if list.len() > MOST_MEMBERS {
                return Err(MalformedCreateSession::TooMany);
            }
            for (at, (name, _)) in list.iter().enumerate() {
                if list.iter().take(at).any(|(before, _)| before == name) {
                    return Err(MalformedCreateSession::Twice(capped(name)));
                }
            }
            for (name, value) in list {
                members.put(&name, value)?;
            }
        }
        members.read()
    }
}

/// The text of a query's name or value.
fn decoded<'q>(text: &'q str, name: &str) -> Result<Cow<'q, str>, MalformedCreateSession> {
    percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| MalformedCreateSession::Query(capped(name)))
}

/// One place for each known member.
#[derive(Default)]
struct Slots<'a>([Option<Member<'a>>; KNOWN.len()]);

impl<'a> Slots<'a> {
    fn put(&mut self, name: &str, value: Member<'a>) -> Result<(), MalformedCreateSession> {
        let Some(slot) = KNOWN
            .iter()
            .position(|known| *known == name)
            .and_then(|at| self.0.get_mut(at))
        else {
            return Ok(());
        };
        if slot.replace(value).is_some() {
            return Err(MalformedCreateSession::Twice(name.to_owned()));
        }
        Ok(())
    }

    fn read(self) -> Result<CreateSession, MalformedCreateSession> {
        let [trust_anchor, profile, role, duration, session_name] = self.0;
        let duration = match duration {
            None | Some(Member::Null) => None,
            Some(value) => Some(read_duration(&value)?),
        };
        let session_name = match session_name {
            None | Some(Member::Null) => None,
            Some(value) => {
                let name = string(SESSION_NAME, value)?;
                Some(name.parse().map_err(MalformedCreateSession::SessionName)?)
            }
        };
        let arn = |member| move |cause| MalformedCreateSession::Arn { member, cause };
        Ok(CreateSession {
            trust_anchor: required(TRUST_ANCHOR, trust_anchor)?
                .parse()
                .map_err(arn(TRUST_ANCHOR))?,
            profile: required(PROFILE, profile)?.parse().map_err(arn(PROFILE))?,
            role: required(ROLE, role)?.parse().map_err(arn(ROLE))?,
            duration,
            session_name,
        })
    }
}

fn required<'a>(
    member: &'static str,
    value: Option<Member<'a>>,
) -> Result<Cow<'a, str>, MalformedCreateSession> {
    let text = string(member, value.ok_or(MalformedCreateSession::Missing(member))?)?;
    if text.is_empty() {
        Err(MalformedCreateSession::Missing(member))
    } else {
        Ok(text)
    }
}

fn string<'a>(member: &'static str, value: Member<'a>) -> Result<Cow<'a, str>, MalformedCreateSession> {
    match value {
        Member::Text(text) => Ok(text),
        _ => Err(MalformedCreateSession::Type {
            member,
            expected: "a string",
        }),
    }
}

/// A whole number (threat A7: a float, a sign, a blank or, in the body, text is refused).
fn read_duration(value: &Member<'_>) -> Result<SessionDuration, MalformedCreateSession> {
    let not_an_integer = MalformedCreateSession::Type {
        member: DURATION,
        expected: "a whole number of seconds",
    };
    match value {
        Member::Whole(seconds) => {
            SessionDuration::try_from(*seconds).map_err(MalformedCreateSession::Duration)
        }
        _ => Err(not_an_integer),
    }
}

/// Decimal digits and nothing else.
fn whole_number(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn capped(text: &str) -> String {
    text.chars().take(64).collect()
}

/// A secret that is wiped when dropped and never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes the secret over.
    pub fn new(secret: String) -> Self {
        Self(Zeroizing::new(secret))
    }

    /// The secret itself, for the answer and for signing; never for a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl serde::Serialize for SecretText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Temporary credentials: all four members are always there, as strings, since the official client cannot do
/// without any of them (contract 1.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The access key's id.
    pub access_key_id: AccessKeyId,
    /// The secret that signs.
    pub secret_access_key: SecretText,
    /// The sealed token that the broker recognises.
    pub session_token: SecretText,
    /// When they end.
    pub expiration: Timestamp,
}

/// The session as an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedRoleUser {
    /// The session's ARN.
    pub arn: AssumedRoleArn,
    /// The role's unique id and the session name, `AROA…:NAME`.
    pub assumed_role_id: String,
}

/// One set of credentials and what they stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialSet {
    /// The session as an identity.
    pub assumed_role_user: AssumedRoleUser,
    /// The credentials.
    pub credentials: Credentials,
    /// How much of the space for policies and tags is used, in per cent.
    pub packed_policy_size: u32,
    /// The role.
    pub role_arn: RoleArn,
    /// Who the session really is.
    pub source_identity: SourceIdentity,
}

/// The answer to `CreateSession`, status 201.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSessionResponse {
    /// One element; clients read the first.
    pub credential_set: Vec<CredentialSet>,
    /// The ARN of the subject that authenticated.
    pub subject_arn: SubjectArn,
}

impl CreateSessionResponse {
    /// Writes the body of the answer behind what is there.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        JsonObject::write(out, |answer| {
            answer.objects("credentialSet", &self.credential_set, |object, set| {
                set.write(object)
            });
            answer.text("subjectArn", self.subject_arn.as_str());
        });
    }
}

impl CredentialSet {
    fn write(&self, set: &mut JsonObject<'_>) {
        set.object("assumedRoleUser", |user| {
            let AssumedRoleUser { arn, assumed_role_id } = &self.assumed_role_user;
            user.text("arn", arn.as_str());
            user.text("assumedRoleId", assumed_role_id);
        });
        set.object("credentials", |object| {
            let Credentials {
                access_key_id,
                secret_access_key,
                session_token,
                expiration,
            } = &self.credentials;
            object.text("accessKeyId", access_key_id.as_str());
            object.text("secretAccessKey", secret_access_key.expose());
            object.text("sessionToken", session_token.expose());
            object.instant("expiration", *expiration);
        });
        set.number("packedPolicySize", self.packed_policy_size);
        set.text("roleArn", self.role_arn.as_str());
        set.text("sourceIdentity", self.source_identity.as_str());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const QUERY: &str = "profileArn=arn%3Aaws%3Arolesanywhere%3Aus-east-1%3A111122223333%3Aprofile%2F66666666-7777-8888-9999-000000000000&roleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fapp%2FReader&trustAnchorArn=arn%3Aaws%3Arolesanywhere%3Aus-east-1%3A111122223333%3Atrust-anchor%2F11111111-2222-3333-4444-555555555555";

    #[test]
    fn the_official_clients_placement_and_the_guides_placement_mean_the_same() {
        let body = br#"{"durationSeconds":3600,"roleSessionName":"vec1"}"#;
        let official = CreateSession::parse(Some(QUERY), body).unwrap();
        assert_eq!(official.duration.unwrap().seconds(), 3600);
        let guide = format!(
            r#"{{"trustAnchorArn":"{}","profileArn":"{}","roleArn":"{}","durationSeconds":3600,"roleSessionName":"vec1","sessionName":"old","cert":"x","unknown":[1]}}"#,
            official.trust_anchor, official.profile, official.role
        );
        assert_eq!(CreateSession::parse(None, guide.as_bytes()).unwrap(), official);
        let bare = CreateSession::parse(Some(QUERY), b"").unwrap();
        assert_eq!((bare.duration, bare.session_name), (None, None));
    }

    /// Threat S4: what is given twice could be read in two ways.
    #[test]
    fn a_member_given_twice_is_refused_wherever_it_stands() {
        let twice_in_query = format!("{QUERY}&roleArn=x");
        let escaped_name = format!("{QUERY}&role%41rn=x");
        for (query, body) in [
            (twice_in_query.as_str(), "{}"),
            (escaped_name.as_str(), "{}"),
            (
                QUERY,
                r#"{"roleArn":"arn:aws:iam::111122223333:role/app/Reader"}"#,
            ),
            (QUERY, r#"{"durationSeconds":900,"durationSeconds":900}"#),
            (QUERY, r#"{"durationSeconds":900,"duration\u0053econds":900}"#),
            (QUERY, r#"{"unknown":1,"unknown":1}"#),
        ] {
            let refused = CreateSession::parse(Some(query), body.as_bytes());
            assert!(
                matches!(refused, Err(MalformedCreateSession::Twice(_))),
                "{query} {body}: {refused:?}"
            );
        }
    }

    /// Threats S4, S13, G7.
    #[test]
    fn what_is_ignored_must_still_be_json_and_of_a_size() {
        let body = |inside: &[u8]| {
            let body = [b"{\"unknown\":".as_slice(), inside, b"}"].concat();
            CreateSession::parse(Some(QUERY), &body)
        };
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        for good in [
            b"[{\"a\":[1e9,null,true,-1.5]}]".as_slice(),
            b"\"\\u00e9\"",
            &nested(100),
        ] {
            assert!(body(good).is_ok(), "{}", String::from_utf8_lossy(good));
        }
        for bad in [
            b"[1e999]".as_slice(),
            b"[\"\\ud800\"]",
            b"[\"\xff\"]",
            b"{\"\xff\":1}",
            b"[1,]",
            b"{1:2}",
            &nested(200),
            b"{\"a\":1e999}",
            b"{\"\\ud800\":1}",
            "{\"a\":".repeat(200).as_bytes(),
            &[b"{\"a\":".repeat(200), b"1".to_vec(), b"}".repeat(200)].concat(),
        ] {
            let refused = body(bad);
            assert!(
                matches!(refused, Err(MalformedCreateSession::Body(_))),
                "{}: {refused:?}",
                String::from_utf8_lossy(bad)
            );
        }
        let members = |count: usize| {
            let members: Vec<String> = (0..count).map(|at| format!("\"m{at}\":1")).collect();
            CreateSession::parse(Some(QUERY), format!("{{{}}}", members.join(",")).as_bytes())
        };
        assert!(members(MOST_MEMBERS).is_ok());
        assert_eq!(members(MOST_MEMBERS + 1), Err(MalformedCreateSession::TooMany));
    }

    /// Threat A7.
    #[test]
    fn durations_outside_the_table_are_refused() {
        for good in ["900", "43200", "3600"] {
            let body = format!(r#"{{"durationSeconds":{good}}}"#);
            assert!(
                CreateSession::parse(Some(QUERY), body.as_bytes()).is_ok(),
                "{good}"
            );
            let query = format!("{QUERY}&durationSeconds={good}");
            assert!(CreateSession::parse(Some(&query), b"").is_ok(), "{good}");
        }
        for bad in [
            "0",
            "-1",
            "899",
            "43201",
            "2147483648",
            "9223372036854775808",
            "1e3",
            "3600.0",
            "true",
            "[900]",
            "{}",
            "\"3600 \"",
            "\"+3600\"",
            "\"\"",
        ] {
            let body = format!(r#"{{"durationSeconds":{bad}}}"#);
            assert!(
                CreateSession::parse(Some(QUERY), body.as_bytes()).is_err(),
                "{bad}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (query, body, said) in [
            ("", "{}", "`trustAnchorArn` is missing"),
            (QUERY, "[]", "not a JSON object"),
            (QUERY, "{} x", "not a JSON object"),
            (QUERY, "{", "not a JSON object"),
            (QUERY, r#"{"roleSessionName":"a b"}"#, "`roleSessionName`"),
            (
                QUERY,
                r#"{"roleSessionName":7}"#,
                "`roleSessionName` is not a string",
            ),
            ("roleArn=%ff", "{}", "not percent-encoded UTF-8"),
        ] {
            let error = CreateSession::parse(Some(query), body.as_bytes())
                .unwrap_err()
                .to_string();
            assert!(error.contains(said), "{error}");
        }
        let empty_role = QUERY.replace("arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fapp%2FReader", "");
        let error = CreateSession::parse(Some(&empty_role), b"").unwrap_err();
        assert_eq!(error, MalformedCreateSession::Missing("roleArn"));
    }

    /// Contract 1.7: these members, under these names, every one of credentials a text.
    #[test]
    fn the_answer_has_the_contracts_members() {
        let account = "111122223333".parse().unwrap();
        let role: RoleArn = "arn:aws:iam::111122223333:role/app/Reader".parse().unwrap();
        let arn = role.session(&"0123".parse().unwrap());
        let (partition, region) = ("aws".parse().unwrap(), "eu-local-1".parse().unwrap());
        let access_key_id = AccessKeyId::new(account, [6; 5]);
        let answer = CreateSessionResponse {
            credential_set: vec![CredentialSet {
                assumed_role_user: AssumedRoleUser {
                    arn: arn.clone(),
                    assumed_role_id: "AROA:0123".to_owned(),
                },
                credentials: Credentials {
                    access_key_id,
                    secret_access_key: SecretText::new("secret/+".to_owned()),
                    session_token: SecretText::new("token".to_owned()),
                    expiration: Timestamp::from_seconds(1_800_000_000),
                },
                packed_policy_size: 7,
                role_arn: role,
                source_identity: "CN=web".parse().unwrap(),
            }],
            subject_arn: SubjectArn::new(&partition, &region, account, b"a name"),
        };
        let mut written = Vec::new();
        answer.write_json(&mut written);
        let user = format!(r#"{{"arn":"{}","assumedRoleId":"AROA:0123"}}"#, arn.as_str());
        let credentials = format!(
            r#"{{"accessKeyId":"{}","secretAccessKey":"secret/+","sessionToken":"token","expiration":"2027-01-15T08:00:00Z"}}"#,
            access_key_id.as_str()
        );
        let role = "arn:aws:iam::111122223333:role/app/Reader";
        let wanted = format!(
            r#"{{"credentialSet":[{{"assumedRoleUser":{user},"credentials":{credentials},"packedPolicySize":7,"roleArn":"{role}","sourceIdentity":"CN=web"}}],"subjectArn":"{}"}}"#,
            answer.subject_arn
        );
        assert_eq!(String::from_utf8(written).unwrap(), wanted);
    }

    /// Threat K11: a secret does not print.
    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let secret = SecretText::new("wJalrXUtnFEMI".to_owned());
        assert!(!format!("{secret:?}").contains("wJalr"));
    }
}
