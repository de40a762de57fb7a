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


def second_home(broker, tmp_path, state):
    """A copy of the broker's folder, without its state, on ports of its own."""
    home = tmp_path / "second"
    shutil.copytree(broker.folder, home, ignore=shutil.ignore_patterns("state", "log"))
    port, admin = free_port(), free_port()
    text = (home / "certrole.toml").read_text()
    text = re.sub(r'addresses = \["127.0.0.1:\d+"\]', f'addresses = ["127.0.0.1:{port}"]', text, count=1)
    text = re.sub(r'(\[admin\]\naddresses = )\["127.0.0.1:\d+"\]', rf'\1["127.0.0.1:{admin}"]', text)
    text = text.replace("server_names = [", 'server_names = ["localhost", ').replace('state = "state"', f'state = "{state}"')
    text += "\n[audit]\nreserve_bytes = 0\n"
    (home / "certrole.toml").write_text(text)
    return home, port, admin


def exchange(broker, port):
    """An exchange with the broker on that port: curl's exit status, and what it printed."""
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


def not_ready(admin):
    """What /readyz says of a daemon that is not."""
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(f"http://127.0.0.1:{admin}/readyz", timeout=5)
    assert answer.value.code == 503
    return answer.value.read().decode()


# Threats O1, O6: a file system of eight megabytes, filled by somebody else.
def test_a_full_disk_stops_issuing_and_room_lets_it_go_on(broker, tmp_path):
    home, port, admin = second_home(broker, tmp_path, "disk/state")
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
        assert exchange(broker, port)[0] == 0
        # Seen from here, the disk is below the daemon's own root. Unbuffered: what is not written fails where it is
        # written.
        disk = pathlib.Path(f"/proc/{daemon.pid}/root{home}/disk")
        with open(disk / "filler", "wb", buffering=0) as filler, pytest.raises(OSError):
            while True:
                filler.write(b"x" * 4096)
        # The last page of the log may have room for a few lines yet.
        for _ in range(20):
            status, said = exchange(broker, port)
            if status != 0:
                break
        assert status != 0 and "ASIA" not in said, said
        assert "nothing is issued" in not_ready(admin)
        (disk / "filler").unlink()
        assert exchange(broker, port)[0] == 0
    finally:
        daemon.terminate()
        daemon.wait(timeout=60)


# Threat A14: the system's clock jumps by two hours, either way, and an operator accepts it.
@pytest.mark.parametrize("jump", ["+2h", "-2h"])
def test_a_clock_that_jumps_stops_issuing(broker, tmp_path, jump):
    home, port, admin = second_home(broker, tmp_path, "state")
    configuration = ["--config", home / "certrole.toml"]
    # A CA of two hours ago would not do: the certificates of this run are minutes old.
    forward = jump.startswith("+")
    clock = tmp_path / "clock"
    clock.write_text("+0\n" if forward else "+3h\n")
    library = next(pathlib.Path("/usr/lib").rglob("libfaketime.so.1"))
    environment = plain_environment(
        LD_PRELOAD=str(library),
        FAKETIME_TIMESTAMP_FILE=str(clock),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    )
    run(broker.certroled, "init", *configuration)
    with open(home / "log", "w") as log:
        daemon = subprocess.Popen(
            [broker.certroled, "serve", *configuration], stdout=log, stderr=log, env=environment
        )
    try:
        wait_until_ready(admin, daemon, home / "log")
        assert exchange(broker, port)[0] == 0
        clock.write_text("+2h\n" if forward else "+1h\n")
        status, said = exchange(broker, port)
        assert status != 0 and "ASIA" not in said, said
        assert "the clock jumped" in not_ready(admin)
        run(broker.certroled, "reload", *configuration)
        assert exchange(broker, port)[0] == 0
    finally:
        daemon.terminate()
        daemon.wait(timeout=60)
