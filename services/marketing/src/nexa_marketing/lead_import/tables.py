"""What an import keeps beside its events: the file, what became of each row, how far it is, and which key is whose.

These rows are written in the transactions of uploads and import steps; they are no read models and cannot be rebuilt.
"""

from sqlalchemy import JSON, BigInteger, Boolean, Column, DateTime, Index, Integer, LargeBinary, Table, Text, Uuid, text

from nexa_marketing.tables import metadata

chunks = Table(
    "import_chunks",
    metadata,
    Column("upload_id", Uuid, primary_key=True),
    Column("start", BigInteger, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

match_keys = Table(
    "match_keys",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("lead_id", Uuid, nullable=False),
)

import_rows = Table(
    "import_rows",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("dry", Boolean, primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("lead_id", Uuid),
    Column("key_digest", Uuid),
    Column("column_name", Text),
    Column("reason", Text),
    Column("cells", JSON),
    Index("import_rows_key_idx", "import_id", "dry", "key_digest"),
    Index("import_rows_outcome_idx", "import_id", "dry", "outcome", "line"),
)

_none_yet = text("0")
import_progress = Table(
    "import_progress",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("dry", Boolean, primary_key=True),
    Column("created", Integer, nullable=False, server_default=_none_yet),
    Column("updated", Integer, nullable=False, server_default=_none_yet),
    Column("duplicate", Integer, nullable=False, server_default=_none_yet),
    Column("rejected", Integer, nullable=False, server_default=_none_yet),
    Column("blank", Integer, nullable=False, server_default=_none_yet),
    Column("bytes_done", BigInteger, nullable=False, server_default=_none_yet),
    Column("finished", Boolean, nullable=False, server_default=text("false")),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("stepped_at", DateTime(timezone=True), nullable=False),
)
