"""Given / when / then for decisions, reactions, processes and read models: pure, in memory."""

from __future__ import annotations
