"""What runs the broker and what looks at it from outside: systemd, OpenSSL's client."""

import re
import subprocess

import pytest
from conftest import ROOT, plain_environment, run


def test_the_unit_is_hardened():
    """At most 2.0 by systemd's own measure; the threshold is in tenths."""
    run(
        *["systemd-analyze", "security", "--offline=yes", "--threshold=20"],
        ROOT / "scripts" / "certroled.service",
    )


def handshake(broker, *arguments):
    return subprocess.run(
        ["openssl", "s_client", "-connect", broker.host, "-CAfile", str(broker.ca), *arguments],
        input="",
        capture_output=True,
        text=True,
        timeout=60,
        env=plain_environment(),
    )


def protocol(done):
    found = re.search(r"^New, (\S+), Cipher is (\S+)", done.stdout, re.MULTILINE)
    return found.groups() if found else None


# Threat T3.
@pytest.mark.parametrize(
    ("arguments", "accepted"),
    [
        (["-tls1_3"], True),
        (["-tls1_2"], True),
        (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], True),
        (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], False),
        (["-tls1", "-cipher", "ALL:@SECLEVEL=0"], False),
        (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0"], False),
        (["-tls1_2", "-cipher", "AES128-GCM-SHA256:@SECLEVEL=0"], False),
        (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"], False),
    ],
)
def test_only_modern_tls_is_spoken(broker, arguments, accepted):
    spoken = protocol(handshake(broker, *arguments))
    assert (spoken is not None and "(NONE)" not in spoken[1]) == accepted, spoken


# Threats T1, T5: no ticket is ever given, so there is nothing to resume and no early data.
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_nothing_can_be_resumed(broker, tmp_path, version):
    saved = tmp_path / "session"
    first = handshake(broker, version, "-sess_out", str(saved))
    assert "New Session Ticket arrived" not in first.stdout
    if saved.exists():
        second = handshake(broker, version, "-sess_in", str(saved))
        assert not re.search(r"^Reused", second.stdout, re.MULTILINE)


# Threat T4.
def test_renegotiation_is_not_offered(broker):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", broker.host, "-CAfile", str(broker.ca), "-tls1_2"],
        input="R\n",
        capture_output=True,
        text=True,
        timeout=60,
        env=plain_environment(),
    )
    assert "RENEGOTIATING" in done.stdout + done.stderr
    assert "no renegotiation" in done.stderr, done.stderr
