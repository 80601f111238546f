"""This service's read-model tables share one metadata."""

from sqlalchemy import MetaData

metadata = MetaData()
