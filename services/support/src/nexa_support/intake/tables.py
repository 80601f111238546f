"""Mails as they came, which ticket each belongs to, and the files with them. Written with the commands; no read models."""

from sqlalchemy import JSON, Column, DateTime, Index, Integer, LargeBinary, Table, Text, Uuid, text

from nexa_support.tables import metadata

mails = Table(
    "mails",
    metadata,
    Column("mail_id", Uuid, primary_key=True),
    Column("message_id", Text),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("via", Text, nullable=False),
    Column("from_address", Text, nullable=False),
    Column("from_name", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
    Column("faults", JSON, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ticket_id", Uuid),
    Index("mails_message_id_idx", "message_id"),
    Index("mails_received_idx", text("received_at desc"), text("mail_id desc")),
    Index("mails_sender_idx", "from_address", "received_at"),
)
ticket_files = Table(
    "ticket_files",
    metadata,
    Column("attachment_id", Uuid, primary_key=True),
    Column("ticket_id", Uuid, nullable=False),
    Column("filename", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
