"""A broker and certificates for the interop tests, all of them made by programs that are not certrole's.

Each tool is named here once; one that is missing fails the run before any test.
"""

import dataclasses
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ["CERTROLE_BIN"])
TOOLS = ["aws_signing_helper", "aws", "curl", "openssl", "systemd-analyze", "unshare", "faketime"]
ACCOUNT = "111122223333"
REGION = "eu-local-1"
KINDS = ["rsa2048", "p256", "p384"]


def pytest_sessionstart(session):
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    missing += [name for name in ["certroled", "certrole"] if not (BIN / name).exists()]
    if missing:
        pytest.exit(f"missing, and nothing is skipped: {', '.join(missing)}", returncode=1)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(autouse=True)
def plain_process(monkeypatch):
    """The same for libraries that run in this process."""
    for name in set(os.environ) - set(plain_environment()):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def plain_environment(**more):
    """The environment without anything that would lead a client elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_") and not name.lower().endswith("_proxy")
    }
    return kept | {"AWS_EC2_METADATA_DISABLED": "true"} | more


def run(*command, env=None, check=True, **more):
    """Runs a program; its output is shown when it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=120,
        env=env or plain_environment(),
        **more,
    )
    if check and done.returncode != 0:
        pytest.fail(f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done


@dataclasses.dataclass
class Broker:
    folder: pathlib.Path
    pki: pathlib.Path
    endpoint: str
    arns: dict

    @property
    def certroled(self):
        return BIN / "certroled"

    @property
    def host(self):
        return self.endpoint.removeprefix("https://")

    @property
    def ca(self):
        return self.pki / "root.pem"

    def certificate(self, name):
        return self.pki / f"{name}.pem"

    def key(self, name):
        return self.pki / f"{name}.key"

    def explain(self, request_id):
        return run(
            BIN / "certroled", "explain", "--config", self.folder / "certrole.toml", "--request-id", request_id
        ).stdout


def wait_until_ready(admin, daemon, log):
    for _ in range(300):
        if daemon.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{admin}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.1)
    pytest.fail(f"the broker is not ready:\n{log.read_text()}")


CONFIGURATION = """
region = "{region}"
server_names = ["localhost:{port}", "127.0.0.1:{port}"]
state = "state"

[listen]
addresses = ["127.0.0.1:{port}"]
certificate = "{pki}/server.pem"
private_key = "{pki}/server.key"

[admin]
addresses = ["127.0.0.1:{admin}"]

[account.{account}]
name = "interop"

[trust_anchor.acme]

[profile.web]
roles = ["Reader"]
accept_role_session_name = true

[role.Reader]
path = "/app/"
trust_policy = '''
{{
  "Version": "2012-10-17",
  "Statement": [{{
    "Effect": "Allow",
    "Principal": {{ "Service": "rolesanywhere.amazonaws.com" }},
    "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
    "Condition": {{
      "ArnEquals": {{ "aws:SourceArn": "{anchor}" }},
      "StringEquals": {{ "aws:PrincipalTag/x509Subject/OU": "Web" }}
    }}
  }}]
}}
'''
"""


@pytest.fixture(scope="session")
def broker(tmp_path_factory):
    folder = tmp_path_factory.mktemp("broker")
    pki = folder / "pki"
    run(ROOT / "scripts" / "lab-ca", pki)
    anchors = folder / "trust-anchors"
    anchors.mkdir(mode=0o700)
    shutil.copy(pki / "root.pem", anchors / "acme.pem")
    port, admin = free_port(), free_port()
    configuration = folder / "certrole.toml"

    def write(anchor):
        configuration.write_text(
            CONFIGURATION.format(
                region=REGION, port=port, admin=admin, pki=pki, account=ACCOUNT, anchor=anchor
            )
        )
        configuration.chmod(0o600)

    # The ARN of the anchor is in the remedy of a policy that names none: `check` tells it.
    write("*")
    told = run(BIN / "certroled", "check", "--config", configuration, check=False).stderr
    anchor = next(
        word.strip('"{},') for word in told.replace('"', " ").split() if ":trust-anchor/" in word
    )
    write(anchor)
    run(BIN / "certroled", "init", "--config", configuration)
    listed = run(BIN / "certroled", "check", "--config", configuration).stdout
    arns = {}
    for line in listed.splitlines():
        for kind in ["trust anchor", "profile", "role"]:
            if line.startswith(f"{kind} "):
                arns[kind] = line.rsplit(" ", 1)[1]
    log = open(folder / "log", "w")
    daemon = subprocess.Popen(
        [BIN / "certroled", "serve", "--config", configuration], stdout=log, stderr=log, env=plain_environment()
    )
    try:
        wait_until_ready(admin, daemon, folder / "log")
        yield Broker(folder, pki, f"https://localhost:{port}", arns)
    finally:
        daemon.terminate()
        status = daemon.wait(timeout=60)
        log.close()
        verified = run(BIN / "certroled", "audit", "verify", "--config", configuration, check=False)
        assert status == 0, (folder / "log").read_text()
        assert verified.returncode == 0, verified.stderr


@pytest.fixture
def identity(broker):
    """Asks the stock AWS CLI whose credentials these are."""

    def ask(credentials):
        answer = run(
            "aws",
            *["--endpoint-url", broker.endpoint, "--ca-bundle", broker.ca, "--region", REGION],
            *["--output", "json", "sts", "get-caller-identity"],
            env=plain_environment(
                AWS_ACCESS_KEY_ID=credentials["AccessKeyId"],
                AWS_SECRET_ACCESS_KEY=credentials["SecretAccessKey"],
                AWS_SESSION_TOKEN=credentials["SessionToken"],
                HOME=str(broker.folder),
            ),
        )
        return json.loads(answer.stdout)

    return ask
