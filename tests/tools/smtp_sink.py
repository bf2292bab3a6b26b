"""A mail server that takes every mail and tells of it on standard output, one JSON object a line.

    python smtp_sink.py PORT [CA]

With CA it insists on STARTTLS, with a certificate for localhost whose authority it writes to that file.
"""

import asyncio
import datetime
import json
import logging
import ssl
import sys
import tempfile

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

logging.disable()  # of AUTH without TLS and of failed handshakes, which are meant here


class Told:
    async def handle_DATA(self, server, session, envelope):
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "user": session.auth_data,
            "tls": session.ssl is not None,
            "content": envelope.content.decode("utf-8"),
        }
        print(json.dumps(told), flush=True)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    login, password = data.login.decode(), data.password.decode()
    return AuthResult(success=password == "a secret", auth_data=login)


def certificate(name, issuer, key, issuer_key, is_authority):
    now = datetime.datetime.now(datetime.timezone.utc)
    named = lambda text: x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(issuer_key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


def tls_with_authority_in(path):
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    with open(path, "wb") as file:
        file.write(certificate("A test authority", "A test authority", authority, authority, True))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(certificate("localhost", "A test authority", key, authority, False))
        plain = serialization.NoEncryption()
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        file.write(key.private_bytes(pem, pkcs8, plain))
        file.flush()
        context.load_cert_chain(file.name)
    return context


async def main(port, authority=None):
    tls = {"auth_require_tls": False}
    if authority:
        tls = {"tls_context": tls_with_authority_in(authority), "require_starttls": True}
    await asyncio.get_running_loop().create_server(
        lambda: SMTP(Told(), authenticator=authenticate, enable_SMTPUTF8=True, **tls), "127.0.0.1", int(port)
    )
    print("listening", flush=True)
    await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
