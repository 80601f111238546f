"""This service's tables share one metadata."""

from sqlalchemy import MetaData

metadata = MetaData()
