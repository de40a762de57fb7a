"""Certificates that only OpenSSL makes: each is refused, and `explain` says why. Threats P14, P15, P17."""

import re

import pytest
from conftest import ROOT, plain_environment, run

EXTENSIONS = """basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
"""


def make(broker, folder, key, *, digest="-sha256", extensions=EXTENSIONS, issue=()):
    """A certificate of the trusted root for a key that `openssl genpkey` makes from these words."""
    run("openssl", "genpkey", "-quiet", *key, "-out", folder / "odd.key")
    (folder / "odd.key").chmod(0o600)
    (folder / "odd.ext").write_text(extensions)
    run("openssl", "req", "-new", "-key", folder / "odd.key", "-subj", "/O=Acme/OU=Web/CN=odd", "-out", folder / "odd.csr")
    run(
        *["openssl", "x509", "-req", "-in", folder / "odd.csr", "-CA", broker.ca, "-CAkey", broker.key("root")],
        *["-days", "30", digest, "-set_serial", "4711", "-out", folder / "odd.pem", *issue],
        *(["-extfile", folder / "odd.ext"] if extensions else []),
    )
    return folder / "odd.pem", folder / "odd.key"


def curl(broker, certificate, key):
    """An exchange proven by TLS, at OpenSSL's lowest level of care."""
    return run(
        ROOT / "scripts" / "exchange-with-curl",
        env=plain_environment(
            LAB_ENDPOINT=broker.endpoint,
            LAB_CERTIFICATE=str(certificate),
            LAB_PRIVATE_KEY=str(key),
            LAB_CA_BUNDLE=str(broker.ca),
            LAB_TRUST_ANCHOR_ARN=broker.arns["trust anchor"],
            LAB_PROFILE_ARN=broker.arns["profile"],
            LAB_ROLE_ARN=broker.arns["role"],
        ),
        check=False,
    )


def helper(broker, certificate, key):
    """An exchange proven by signature; the official helper looks at nothing in a certificate."""
    return run(
        *["aws_signing_helper", "credential-process", "--endpoint", broker.endpoint],
        *["--certificate", certificate, "--private-key", key],
        *["--trust-anchor-arn", broker.arns["trust anchor"]],
        *["--profile-arn", broker.arns["profile"], "--role-arn", broker.arns["role"]],
        env=plain_environment(SSL_CERT_FILE=str(broker.ca)),
        check=False,
    )


RSA = ["-algorithm", "RSA", "-pkeyopt"]
EC = ["-algorithm", "EC", "-pkeyopt"]
P256 = [*EC, "ec_paramgen_curve:P-256"]


@pytest.mark.parametrize(
    ("key", "more", "rule"),
    [
        (P256, {"digest": "-sha1"}, "end-entity.weak-signature"),
        (P256, {"digest": "-sha224"}, "end-entity.weak-signature|path.algorithm"),
        ([*RSA, "rsa_keygen_bits:1024"], {}, "present.signature|end-entity.key-not-supported"),
        ([*RSA, "rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_pubexp:1"], {}, None),
        ([*EC, "ec_paramgen_curve:P-521"], {}, "present.key-not-supported"),
        ([*EC, "ec_paramgen_curve:P-224"], {}, "present.key-not-supported"),
        ([*P256, "-pkeyopt", "ec_param_enc:explicit"], {}, "present.key-not-supported"),
        (P256, {"extensions": ""}, "end-entity.version"),
    ],
    ids=["sha1", "sha224", "rsa1024", "rsa-exponent-1", "p521", "p224", "explicit-curve", "version-1"],
)
def test_a_weak_certificate_signs_nothing(broker, tmp_path, key, more, rule):
    if rule is None:
        # OpenSSL itself makes no such key any more; what it refuses to make cannot be tried.
        done = run("openssl", "genpkey", "-quiet", *key, "-out", tmp_path / "odd.key", check=False)
        assert done.returncode != 0
        return
    done = helper(broker, *make(broker, tmp_path, key, **more))
    told = re.search(r"StatusCode: 403, RequestID: ([0-9a-f-]{36})", done.stderr)
    if told is None:
        # The helper itself has no algorithm for such a key: nothing was sent.
        assert done.returncode == 1 and "StatusCode" not in done.stderr, done.stderr
        return
    assert re.search(rf"\(({rule})\)", broker.explain(told[1])), broker.explain(told[1])


def test_p521_is_asked_for_and_refused_in_the_handshake_with_an_event(broker, tmp_path):
    done = curl(broker, *make(broker, tmp_path, [*EC, "ec_paramgen_curve:P-521"]))
    assert done.returncode != 0 and "ASIA" not in done.stdout
    text = run(
        *[broker.certroled, "explain", "--config", broker.folder / "certrole.toml"],
        *["--address", "127.0.0.1", "--since", "10m", "--most", "3"],
    ).stdout
    assert "P-521" in text and "edge.handshake" in text, text


def test_version_1_reaches_authenticate_and_is_refused_with_its_reason(broker, tmp_path):
    done = curl(broker, *make(broker, tmp_path, P256, extensions=""))
    assert done.returncode != 0 and "ASIA" not in done.stdout
    text = run(
        *[broker.certroled, "explain", "--config", broker.folder / "certrole.toml"],
        *["--address", "127.0.0.1", "--since", "10m", "--most", "3"],
    ).stdout
    assert "end-entity.version" in text, text
