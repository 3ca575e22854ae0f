"""Run once by each task before the service: gives it its data directory, with a certificate for the balancer in it.

The balancer does not look at certificates of targets, so that one that has signed itself will do; its key never leaves
the task. With FEDERATION, a file that tells the driver of another cloud how this task says who it is; no secret.
"""

import os
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

folder, owner = Path(os.environ["FOLDER"]), int(os.environ["OWNER"])
secret, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "task")])
certificate = (
    x509.CertificateBuilder()
    .subject_name(name)
    .issuer_name(name)
    .public_key(secret.public_key())
    .serial_number(x509.random_serial_number())
    .not_valid_before(now - timedelta(hours=1))
    .not_valid_after(now + timedelta(days=3_650))  # As long as any task: a new one has a new key.
    .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    .sign(secret, hashes.SHA256())
)
files = {
    "tls.crt": certificate.public_bytes(serialization.Encoding.PEM),
    "tls.key": secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ),
    "federation.json": os.environ.get("FEDERATION", "").encode(),
}
os.umask(0o077)
for file, content in files.items():
    if content:
        (folder / file).write_bytes(content)
        os.chown(folder / file, owner, owner)
os.chown(folder, owner, owner)
folder.chmod(0o700)
