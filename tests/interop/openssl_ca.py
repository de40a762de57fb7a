"""A CA that is nothing but `openssl ca`: a database, lists with numbers, a responder. And brokers that trust it."""

import contextlib
import json
import re
import shutil
import subprocess
import time
import urllib.request

from conftest import free_port, plain_environment, run, wait_until_ready

CONFIGURATION = """
[ca]
default_ca = own

[own]
database = {folder}/index.txt
new_certs_dir = {folder}
serial = {folder}/serial
crlnumber = {folder}/crlnumber
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
default_md = sha256
default_days = 30
default_crl_days = 1
unique_subject = no
policy = any
crl_extensions = complete

[any]
organizationName = optional
organizationalUnitName = optional
commonName = optional

[complete]
authorityKeyIdentifier = keyid
"""

LEAF = """basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
authorityKeyIdentifier = keyid
"""


class Authority:
    """Certificates, lists and answers, made by OpenSSL and by nobody else."""

    def __init__(self, folder, subject="/O=Acme/CN=OpenSSL CA"):
        folder.mkdir(mode=0o700)
        self.folder = folder
        self.configuration = folder / "ca.cnf"
        self.configuration.write_text(CONFIGURATION.format(folder=folder))
        (folder / "index.txt").touch()
        (folder / "serial").write_text("2A00000000000000000000000000000001\n")
        (folder / "crlnumber").write_text("0F\n")
        self.key("ca")
        run(
            *["openssl", "req", "-x509", "-new", "-key", folder / "ca.key", "-sha256", "-days", "365"],
            *["-subj", subject, "-out", folder / "ca.pem"],
            *["-addext", "basicConstraints=critical,CA:TRUE"],
            *["-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"],
        )

    def path(self, name):
        return self.folder / name

    def key(self, name, words=("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")):
        run("openssl", "genpkey", "-quiet", *words, "-out", self.path(f"{name}.key"))
        self.path(f"{name}.key").chmod(0o600)

    def request(self, name, *words):
        """A request that OpenSSL writes by these words; the subject is the usual one unless they say otherwise."""
        if not self.path(f"{name}.key").exists():
            self.key(name)
        words = words or ("-subj", f"/O=Acme/OU=Web/CN={name}")
        run("openssl", "req", "-new", "-key", self.path(f"{name}.key"), "-out", self.path(f"{name}.csr"), *words)

    def leaf(self, name, *, crl=None, ocsp=None, extensions=LEAF, in_database=True, days="30"):
        """A client's certificate that names these places; not in the database, nobody knows it."""
        self.request(name)
        if crl:
            extensions += f"crlDistributionPoints = URI:{crl}\n"
        if ocsp:
            extensions += f"authorityInfoAccess = OCSP;URI:{ocsp}\n"
        self.path(f"{name}.ext").write_text(extensions)
        if in_database:
            self.ca("-in", self.path(f"{name}.csr"), "-out", self.path(f"{name}.pem"), "-notext", "-preserveDN",
                    "-extfile", self.path(f"{name}.ext"))
        else:
            self.sign(name, "-days", days)
        return name

    def sign(self, name, *words):
        """Signs a request as it stands, past the database."""
        run(
            *["openssl", "x509", "-req", "-in", self.path(f"{name}.csr"), "-CA", self.path("ca.pem")],
            *["-CAkey", self.path("ca.key"), "-sha256", "-set_serial", f"0x{time.time_ns():x}"],
            *["-extfile", self.path(f"{name}.ext"), "-out", self.path(f"{name}.pem"), *words],
        )
        return name

    def ca(self, *words):
        run("openssl", "ca", "-config", self.configuration, "-batch", *words)

    def revoke(self, name, reason="keyCompromise"):
        self.ca("-revoke", self.path(f"{name}.pem"), "-crl_reason", reason)

    def list(self, *words, form="PEM"):
        """The next list of the database, as bytes."""
        self.ca("-gencrl", "-out", self.path("list.pem"), *words)
        run("openssl", "crl", "-in", self.path("list.pem"), "-outform", form, "-out", self.path("list"))
        return self.path("list").read_bytes()

    def partitioned(self, url):
        """The next list, of the distribution point of this address."""
        (self.folder / "partitioned.cnf").write_text(
            self.configuration.read_text()
            + "\n[partitioned]\nauthorityKeyIdentifier = keyid\nissuingDistributionPoint = critical, @point\n"
            + f"\n[point]\nfullname = URI:{url}\n"
        )
        words = ["-config", self.folder / "partitioned.cnf", "-crlexts", "partitioned"]
        run("openssl", "ca", "-batch", *words, "-gencrl", "-out", self.path("list.pem"))
        run("openssl", "crl", "-in", self.path("list.pem"), "-outform", "DER", "-out", self.path("list"))
        return self.path("list").read_bytes()

    def delegate(self):
        """A responder's own certificate."""
        self.request("responder", "-subj", "/O=Acme/CN=Responder")
        self.path("responder.ext").write_text(
            "basicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature\n"
            "extendedKeyUsage = critical, OCSPSigning\nnoCheck = ignored\n"
        )
        return self.sign("responder", "-days", "90")

    @contextlib.contextmanager
    def responder(self, signer, port):
        """`openssl ocsp` at this port, signing as the CA or as its delegate."""
        with open(self.path("ocsp.log"), "w") as log:
            process = subprocess.Popen(
                [
                    *["openssl", "ocsp", "-port", str(port), "-index", self.path("index.txt"), "-nmin", "60"],
                    *["-CA", self.path("ca.pem"), "-rsigner", self.path(f"{signer}.pem")],
                    *["-rkey", self.path(f"{signer}.key")],
                ],
                stdout=log,
                stderr=log,
                env=plain_environment(),
            )
        try:
            # A connection that is opened to see whether it answers would hang it.
            log = self.path("ocsp.log").read_text
            until(lambda: "waiting for OCSP client connections" in log(), log)
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


def until(is_so, told):
    for _ in range(600):
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError(told())


def request_id(said):
    return re.search(r"^x-amzn-requestid: (\S+)", said, re.MULTILINE | re.IGNORECASE)[1]


class Home:
    """A broker that trusts such a CA, and may fetch from this machine."""

    def __init__(self, broker, authority, folder, revocation="", condition=None):
        self.broker, self.authority, self.folder = broker, authority, folder
        self.port, self.admin = free_port(), free_port()
        shutil.copytree(broker.folder, folder, ignore=shutil.ignore_patterns("state", "log"))
        shutil.copy(authority.path("ca.pem"), folder / "trust-anchors" / "acme.pem")
        text = (folder / "certrole.toml").read_text()
        old = broker.endpoint.rsplit(":", 1)[1]
        text = text.replace(f":{old}", f":{self.port}")
        text = re.sub(r'(\[admin\]\naddresses = )\["127.0.0.1:\d+"\]', rf'\1["127.0.0.1:{self.admin}"]', text)
        if condition:
            old = '"StringEquals": { "aws:PrincipalTag/x509Subject/OU": "Web" }'
            assert old in text
            text = text.replace(old, condition)
        text += f"\n[trust_anchor.acme.revocation]\n{revocation}\n"
        text += '\n[revocation]\nfetch = true\nallowed_hosts = ["127.0.0.1"]\nallowed_addresses = ["127.0.0.0/8"]\n'
        text += "fetch_seconds = 600\nlist_bytes = 65536\n"
        (folder / "certrole.toml").write_text(text)
        self.configuration = ["--config", folder / "certrole.toml"]
        run(broker.certroled, "init", *self.configuration)

    def lists(self, content):
        (self.folder / "trust-anchors" / "acme.crl").write_bytes(content)

    @contextlib.contextmanager
    def running(self):
        with open(self.folder / "log", "w") as log:
            daemon = subprocess.Popen(
                [self.broker.certroled, "serve", *self.configuration], stdout=log, stderr=log, env=plain_environment()
            )
        try:
            wait_until_ready(self.admin, daemon, self.folder / "log")
            yield self
        finally:
            daemon.terminate()
            assert daemon.wait(timeout=60) == 0, self.log()

    def log(self):
        return (self.folder / "log").read_text()

    def command(self, *words):
        return run(self.broker.certroled, *words, *self.configuration, check=False)

    def exchange(self, name):
        """With curl, by TLS: the status, the rule that refused (none: it was granted), and the whole answer."""
        arns = self.broker.arns
        body = f'{{"trustAnchorArn":"{arns["trust anchor"]}","profileArn":"{arns["profile"]}","roleArn":"{arns["role"]}"}}'
        said = run(
            *["curl", "--silent", "--show-error", "--include", "--cacert", self.broker.ca],
            *["--cert", self.authority.path(f"{name}.pem"), "--key", self.authority.path(f"{name}.key")],
            *["--header", "Content-Type: application/json", "--data", body],
            f"https://localhost:{self.port}/sessions",
        ).stdout
        status = int(said.split(" ")[1])
        return status, None if status == 201 else self.rule(said), said

    def verdict(self, name):
        return self.exchange(name)[:2]

    def rule(self, said):
        """The rule by which the request of this answer was refused, as the operator finds it."""
        told = self.command("explain", "--request-id", request_id(said)).stdout
        return re.search(r"\(([a-z.-]+)\)\.$", told, re.MULTILINE)[1]

    def event(self, said):
        """What is on record about the request of this answer."""
        return json.loads(self.command("explain", "--json", "--request-id", request_id(said)).stdout)

    def fetches(self, source, result):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        found = re.search(
            rf'^certroled_revocation_fetches_total{{source="{source}",result="{result}"}} (\d+)', text, re.MULTILINE
        )
        return int(found[1]) if found else 0

    def until_fetched(self, source, result, count=1):
        until(lambda: self.fetches(source, result) >= count, self.log)

    def until_asked(self, server, path):
        until(lambda: path in server.asked, self.log)
