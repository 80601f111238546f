"""What an import keeps beside its events: the file, what became of each row, how far it is, and which key is whose.

These rows are written in the transactions of uploads and import steps; they are no read models and cannot be rebuilt.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)

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
    Index("match_keys_lead_idx", "lead_id"),
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
    Index("import_rows_digest_idx", "key_digest"),
    Index("import_rows_outcome_idx", "import_id", "dry", "outcome", "line"),
)

import_other_keys = Table(
    "import_other_keys",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("dry", Boolean, primary_key=True),
    Column("key_digest", Uuid, primary_key=True),
    Column("line", Integer, nullable=False),
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
    Column("run", Integer, nullable=False, server_default=_none_yet),
    Column("leg", Integer, nullable=False, server_default=_none_yet),
    Column("line", Integer, nullable=False, server_default=_none_yet),
    Column("skipping", Boolean, nullable=False, server_default=text("false")),
    Column("seconds", Double, nullable=False, server_default=_none_yet),
)

import_reverts = Table(
    "import_reverts",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("dry", Boolean, primary_key=True),
    Column("run", Integer, nullable=False),
    Column("line", Integer, nullable=False, server_default=_none_yet),
    Column("rows_done", Integer, nullable=False, server_default=_none_yet),
    Column("rows_total", Integer, nullable=False),
    Column("finished", Boolean, nullable=False, server_default=text("false")),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("stepped_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn", Integer, nullable=False, server_default=_none_yet),
    Column("restored", Integer, nullable=False, server_default=_none_yet),
    Column("conflicts", Integer, nullable=False, server_default=_none_yet),
    Column("converted", Integer, nullable=False, server_default=_none_yet),
    Column("unchanged", Integer, nullable=False, server_default=_none_yet),
)

import_revert_rows = Table(
    "import_revert_rows",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("dry", Boolean, primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("lead_id", Uuid, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("restored", JSON, nullable=False),
    Column("conflicts", JSON, nullable=False),
    Index("import_revert_rows_outcome_idx", "import_id", "dry", "outcome", "line"),
)
