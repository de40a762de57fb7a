"""Certificates as the CAs in the field make them, made here by OpenSSL: accepted, and every attribute what it is."""

import datetime
import re

from conftest import run
from openssl_ca import Authority, Home


def granted(place, name):
    """What was issued, and what is on record about it."""
    status, rule, said = place.exchange(name)
    assert status == 201, (rule, said, place.log())
    return said, place.event(said)


def subject(authority, name, mask, lines):
    """A request whose subject has these lines, in string types of this mask."""
    authority.path(f"{name}.cnf").write_text(
        f"[req]\nprompt = no\nutf8 = yes\nstring_mask = {mask}\ndistinguished_name = subject\n\n[subject]\n" + lines
    )
    authority.request(name, "-utf8", "-config", authority.path(f"{name}.cnf"))
    return authority.path(f"{name}.csr")


def string_types(authority, name):
    told = run("openssl", "asn1parse", "-in", authority.path(f"{name}.pem"), errors="replace").stdout
    return set(re.findall(r"prim: (\S+STRING)", told))


def instant(minutes):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    return at.strftime("%Y%m%d%H%M%SZ"), at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_short_lived_certificate_with_a_spiffe_name(broker, tmp_path):
    """As step-ca has it: five minutes, a URI, a provisioner's extension of their own. The credentials end with the
    certificate. One without a subject, as some issuers of SPIFFE names have it, is refused with its reason: the contract
    asks for one."""
    authority = Authority(tmp_path / "ca", "/O=Acme/CN=Acme Intermediate CA")
    (begin, _), (end, told) = instant(-1), instant(5)
    for name, subject_of, critical in [("web-1", "/CN=web-1.corp.example.com", ""), ("web-2", "/", "critical, ")]:
        authority.request(name, "-subj", subject_of)
        authority.path(f"{name}.ext").write_text(
            "keyUsage = critical, digitalSignature\nextendedKeyUsage = serverAuth, clientAuth\n"
            "subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n"
            f"subjectAltName = {critical}URI:spiffe://corp.example.com/ns/web/sa/front\n"
            # step-ca's provisioner: type, name, key.
            "1.3.6.1.4.1.37476.9000.64.1 = ASN1:SEQUENCE:provisioner\n\n"
            "[provisioner]\ntype = INTEGER:1\nname = OCTWRAP,UTF8:admin\nkey = OCTWRAP,UTF8:abcdef\n"
        )
        authority.ca(
            *["-in", authority.path(f"{name}.csr"), "-out", authority.path(f"{name}.pem"), "-notext", "-preserveDN"],
            *["-extfile", authority.path(f"{name}.ext"), "-startdate", begin, "-enddate", end],
        )
    condition = '"StringLike": { "aws:PrincipalTag/x509SAN/URI": "spiffe://corp.example.com/ns/web/*" }'
    with Home(broker, authority, tmp_path / "home", condition=condition).running() as place:
        said, event = granted(place, "web-1")
        assert f'"expiration":"{told}"' in said, (told, said)
        tags = event["certrole"]["tags"]
        assert tags["x509SAN/URI"] == "spiffe://corp.example.com/ns/web/sa/front"
        assert tags["x509Subject/CN"] == "web-1.corp.example.com"
        assert tags["x509Issuer/CN"] == "Acme Intermediate CA"
        assert place.verdict("web-2") == (403, "end-entity.empty-subject")


WINDOWS = """keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = clientAuth, 1.3.6.1.4.1.311.20.2.2, 1.3.6.1.4.1.311.10.3.4, 1.3.6.1.4.1.311.80.1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = otherName:1.3.6.1.4.1.311.20.2.3;UTF8:web-1\\$@corp.example.com, DNS:web-1.corp.example.com
crlDistributionPoints = @places
authorityInfoAccess = caIssuers;URI:ldap:///CN%3DCORP-PKI01-CA%2CCN%3DAIA%2CDC%3Dcorp?cACertificate?base
1.3.6.1.4.1.311.20.2 = ASN1:BMP:Machine
1.3.6.1.4.1.311.21.7 = ASN1:SEQUENCE:template
1.3.6.1.4.1.311.21.10 = ASN1:SEQUENCE:policies
1.3.6.1.4.1.311.25.2 = ASN1:SEQUENCE:security

[places]
URI.0 = ldap:///CN=CORP-PKI01-CA,CN=CDP,DC=corp,DC=example,DC=com?certificateRevocationList?base
URI.1 = http://pki.corp.example.com/CertEnroll/CORP-PKI01-CA.crl

[template]
template = OID:1.3.6.1.4.1.311.21.8.1174692.16553431.14696079.12306594.11321714.155.4301928.8011236
major = INTEGER:100
minor = INTEGER:11

[policies]
0 = SEQUENCE:policy

[policy]
purpose = OID:1.3.6.1.5.5.7.3.2

[security]
identifier = EXPLICIT:0,SEQUENCE:identifier

[identifier]
type = OID:1.3.6.1.4.1.311.25.2.1
value = EXPLICIT:0,FORMAT:ASCII,OCT:S-1-5-21-3623811015-3361044348-30300820-1013
"""


def test_a_certificate_of_a_windows_ca(broker, tmp_path):
    """A long name of many parts, of several string types, the extensions of Active Directory, an RSA key; every part is
    kept, in its order."""
    authority = Authority(tmp_path / "ca", "/DC=com/DC=example/DC=corp/CN=corp-PKI01-CA")
    authority.key("web-1", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
    subject(
        authority,
        "web-1",
        "pkix",
        "0.DC = com\n1.DC = example\n2.DC = corp\n0.OU = Acme Betrieb\n1.OU = Zürich\n2.OU = Servers Tier 1\n"
        "3.OU = Web\nCN = web-1\nserialNumber = 4711\n0.1.3.6.1.4.1.99999.7 = Gebäude 3\n",
    )
    authority.path("web-1.ext").write_text(WINDOWS)
    authority.sign("web-1", "-days", "365")
    assert {"BMPSTRING", "PRINTABLESTRING", "IA5STRING"} <= string_types(authority, "web-1")
    condition = '"StringEquals": { "aws:PrincipalTag/x509Subject/OU": "Acme Betrieb/Zürich/Servers Tier 1/Web" }'
    with Home(broker, authority, tmp_path / "home", condition=condition).running() as place:
        _, event = granted(place, "web-1")
        tags = event["certrole"]["tags"]
        for key, value in {
            "x509Subject/DC": "com/example/corp",
            "x509Subject/OU": "Acme Betrieb/Zürich/Servers Tier 1/Web",
            "x509Subject/CN": "web-1",
            "x509Subject/1.3.6.1.4.1.99999.7": "Gebäude 3",
            "x509Issuer/DC": "com/example/corp",
            "x509Issuer/CN": "corp-PKI01-CA",
            "x509SAN/DNS": "web-1.corp.example.com",
        }.items():
            assert tags.get(key) == value, (key, tags)


def test_a_name_in_teletex_is_no_attribute(broker, tmp_path):
    """T61String has no agreed alphabet: such a value chains, and is no tag that a policy could ask for. Threat P23."""
    authority = Authority(tmp_path / "ca")
    for name, lines in [("web-1", "O = Acme\nL = Zürich\nOU = Web\nCN = web-1\n"), ("web-2", "O = Acme\nOU = Wäb\nCN = web-2\n")]:
        subject(authority, name, "nombstr", lines)
        authority.path(f"{name}.ext").write_text("keyUsage = critical, digitalSignature\nextendedKeyUsage = clientAuth\n")
        authority.sign(name, "-days", "30")
        assert "T61STRING" in string_types(authority, name)
    condition = '"StringLike": { "aws:PrincipalTag/x509Subject/OU": "W*b" }'
    with Home(broker, authority, tmp_path / "home", condition=condition).running() as place:
        _, event = granted(place, "web-1")
        assert event["certrole"]["tags"]["x509Subject/OU"] == "Web"
        assert "x509Subject/L" not in event["certrole"]["tags"]
        assert "x509Subject/L" in str(event), event
        assert place.verdict("web-2") == (403, "authorize.trust-policy")
