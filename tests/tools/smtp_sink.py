"""A mail server that takes every mail and tells of it on standard output, one JSON object a line.

    python smtp_sink.py PORT
"""

import asyncio
import json
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Told:
    async def handle_DATA(self, server, session, envelope):
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "user": session.auth_data,
            "content": envelope.content.decode("utf-8"),
        }
        print(json.dumps(told), flush=True)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    login, password = data.login.decode(), data.password.decode()
    return AuthResult(success=password == "a secret", auth_data=login)


async def main():
    loop = asyncio.get_running_loop()
    await loop.create_server(
        lambda: SMTP(Told(), authenticator=authenticate, auth_require_tls=False, enable_SMTPUTF8=True),
        "127.0.0.1",
        int(sys.argv[1]),
    )
    print("listening", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
