"""A mail server that keeps what it gets where a person can open it: one .eml a mail, and an index beside them.

`python -m nexa_local.mailsink PORT DIRECTORY`. It misbehaves for recipients that ask for it, so that tests can see what
becomes of that: `bounce…@` is refused for good, `busy…@` for now, and after the text of a mail to `cutreply…@` the connection
breaks without an answer (the mail is kept).
"""

import asyncio
import json
import signal
import sys
from email import policy
from email.parser import BytesParser
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class Keep:
    """Writes each mail to `directory`; the file's name is its place in the order of arrival."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._index = directory / "index.jsonl"
        self._count = sum(1 for _ in directory.glob("*.eml"))

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks it up by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("bounce"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("busy"):
            return "451 4.3.0 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        self._keep(content, envelope.rcpt_tos)
        transport = server.transport
        cut = any(address.startswith("cutreply") for address in envelope.rcpt_tos)
        if cut and isinstance(transport, asyncio.WriteTransport):
            transport.abort()
        return "250 OK"

    def _keep(self, content: bytes, recipients: list[str]) -> None:
        self._count += 1
        path = self._directory / f"{self._count:06d}.eml"
        path.write_bytes(content)
        headers = BytesParser(policy=policy.default).parsebytes(content, headersonly=True)
        row = {
            "file": path.name,
            "to": recipients,
            "subject": str(headers["Subject"]),
            "message_id": str(headers["Message-ID"]),
        }
        with self._index.open("a") as index:
            index.write(json.dumps(row) + "\n")


def kept(directory: Path) -> list[dict[str, object]]:
    """The index: file, to, subject and message_id of each mail, in the order of arrival."""
    index = directory / "index.jsonl"
    return [json.loads(line) for line in index.read_text().splitlines()] if index.exists() else []


async def serve(port: int, directory: Path) -> None:
    """Take mail on loopback until SIGTERM."""
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    for wish in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wish, ending.set)
    keep = Keep(directory)
    server = await loop.create_server(lambda: SMTP(keep, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port)
    async with server:
        await ending.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
