"""Where this service's tables are declared; the migrations make them."""

from sqlalchemy import MetaData

metadata = MetaData()
