"""The keys of an import's rows are found by the key alone, so that no other index can seem as good for it."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.drop_index("import_rows_key_idx", "import_rows")
    op.create_index("import_rows_digest_idx", "import_rows", ["key_digest"])
