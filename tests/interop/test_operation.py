"""What runs the broker and what looks at it from outside: systemd, OpenSSL's client."""

import os
import pathlib
import re
import shutil
import subprocess
import urllib.error
import urllib.request

import pytest
from conftest import ROOT, free_port, plain_environment, run, wait_until_ready


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


# Threats O1, O6: a file system of eight megabytes, filled by somebody else.
def test_a_full_disk_stops_issuing_and_room_lets_it_go_on(broker, tmp_path):
    home = tmp_path / "small"
    shutil.copytree(broker.folder, home, ignore=shutil.ignore_patterns("state", "log"))
    port, admin = free_port(), free_port()
    text = (home / "certrole.toml").read_text()
    text = re.sub(r'addresses = \["127.0.0.1:\d+"\]', f'addresses = ["127.0.0.1:{port}"]', text, count=1)
    text = re.sub(r'(\[admin\]\naddresses = )\["127.0.0.1:\d+"\]', rf'\1["127.0.0.1:{admin}"]', text)
    text = text.replace('server_names = [', 'server_names = ["localhost", ').replace('state = "state"', 'state = "disk/state"')
    text += "\n[audit]\nreserve_bytes = 0\n"
    (home / "certrole.toml").write_text(text)
    (home / "disk").mkdir(mode=0o700)
    script = (
        f"mount -t tmpfs -o size=8m,mode=0700 tmpfs {home}/disk && "
        f"{broker.certroled} init --config {home}/certrole.toml && "
        f"exec {broker.certroled} serve --config {home}/certrole.toml"
    )
    # As root a mount namespace is enough; anybody else needs to be root in one of users first.
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
    with open(home / "log", "w") as log:
        daemon = subprocess.Popen([*unshare, "sh", "-c", script], stdout=log, stderr=log, env=plain_environment())
    try:
        wait_until_ready(admin, daemon, home / "log")
        # Seen from here, the disk is below the daemon's own root.
        disk = pathlib.Path(f"/proc/{daemon.pid}/root{home}/disk")

        def exchange():
            done = run(
                ROOT / "scripts" / "exchange-with-curl",
                env=plain_environment(
                    LAB_ENDPOINT=f"https://localhost:{port}",
                    LAB_CERTIFICATE=str(broker.certificate("p256")),
                    LAB_PRIVATE_KEY=str(broker.key("p256")),
                    LAB_CA_BUNDLE=str(broker.ca),
                    LAB_TRUST_ANCHOR_ARN=broker.arns["trust anchor"],
                    LAB_PROFILE_ARN=broker.arns["profile"],
                    LAB_ROLE_ARN=broker.arns["role"],
                ),
                check=False,
            )
            return done.returncode, done.stdout

        assert exchange()[0] == 0
        # Unbuffered: what is not written fails where it is written.
        with open(disk / "filler", "wb", buffering=0) as filler, pytest.raises(OSError):
            while True:
                filler.write(b"x" * 4096)
        # The last page of the log may have room for a few lines yet.
        for _ in range(20):
            status, said = exchange()
            if status != 0:
                break
        assert status != 0 and "ASIA" not in said, said
        with pytest.raises(urllib.error.HTTPError) as not_ready:
            urllib.request.urlopen(f"http://127.0.0.1:{admin}/readyz", timeout=5)
        assert not_ready.value.code == 503
        assert "nothing is issued" in not_ready.value.read().decode()
        (disk / "filler").unlink()
        assert exchange()[0] == 0
    finally:
        daemon.terminate()
        daemon.wait(timeout=60)
