"""Files that came with a mail or the form: which are kept, why the others are not, and keeping them."""

import re
from collections.abc import Sequence
from uuid import UUID

from nexa_chassis.domain import derive
from nexa_chassis.transaction import Transaction
from nexa_contracts.support import Attachment
from nexa_support.intake.parts import MailFile

LARGEST_FILE = 10_000_000
MOST_FILES = 20
DANGEROUS = re.compile(
    r"\.(?:ade|adp|app|bat|chm|cmd|com|cpl|dll|dmg|exe|hta|img|ins|iso|jar|js|jse|lib|lnk|mde|msc|msi|msp|mst|nsh|pif|ps1"
    r"|psm1|reg|scr|sct|sh|sys|url|vb|vbe|vbs|vhd|vxd|wsc|wsf|wsh|xll)$",
    re.IGNORECASE,
)
MOST_TOLD = 20


def taken_files(files: Sequence[MailFile]) -> tuple[tuple[MailFile, ...], tuple[str, ...]]:
    """The files that are kept with the ticket, and why the others are not; those stay in the raw mail."""
    taken: list[MailFile] = []
    left: list[str] = []
    for file in files:
        fault = _left_because(file, len(taken))
        if fault is None:
            taken.append(file)
        else:
            left.append(f"{file.filename}: {fault}")
    return tuple(taken), tuple(left[:MOST_TOLD])


def _left_because(file: MailFile, before: int) -> str | None:
    if DANGEROUS.search(file.filename.rstrip(". ")):
        return "may run"
    if len(file.content) > LARGEST_FILE:
        return f"larger than {LARGEST_FILE // 1_000_000} MB"
    return f"more than {MOST_FILES} files" if before == MOST_FILES else None


async def keep_files(
    tx: Transaction, source_id: UUID, ticket_id: UUID, files: Sequence[MailFile]
) -> tuple[Attachment, ...]:
    """Keep these with the ticket; the same files of the same source again change nothing."""
    kept = [
        Attachment(
            attachment_id=derive(source_id, "file", number),
            filename=file.filename,
            media_type=file.media_type,
            size=len(file.content),
        )
        for number, file in enumerate(files)
    ]
    for attachment, file in zip(kept, files, strict=True):
        await tx.run(
            "insert into ticket_files (attachment_id, ticket_id, filename, media_type, size, content)"
            " values (%s, %s, %s, %s, %s, %s) on conflict (attachment_id) do nothing",
            (
                attachment.attachment_id,
                ticket_id,
                attachment.filename,
                attachment.media_type,
                attachment.size,
                file.content,
            ),
        )
    return tuple(kept)
