from __future__ import annotations

from tests.local_model import local_model_url

__all__ = ["local_model_url"]
