"""What an import of signals keeps: how far it is, the rows it has still to take, and those that were rejected.

These rows are written in the transactions of the request and of the job's steps; they are no read model.
"""

from sqlalchemy import JSON, Column, DateTime, Integer, Table, Text, Uuid, text

from nexa_success.tables import metadata

_none_yet = text("0")

signal_imports = Table(
    "signal_imports",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("created", Integer, nullable=False, server_default=_none_yet),
    Column("unchanged", Integer, nullable=False, server_default=_none_yet),
    Column("rejected", Integer, nullable=False, server_default=_none_yet),
    Column("ignored_columns", JSON, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
)

signal_import_batches = Table(
    "signal_import_batches",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("rows", JSON, nullable=False),
)

signal_import_rejects = Table(
    "signal_import_rejects",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("column_name", Text),
    Column("reason", Text, nullable=False),
)
