"""Bad requests, and what the server says of them: a user of any client has to see these words."""

import pytest

from embed_server import MODEL
from reference import NANO, SMALL

UNKNOWN_MODEL = f"Model 'nope' not found. Available models: {MODEL}, {NANO}, {SMALL}"
TOO_MANY_DIMENSIONS = "Input should be less than or equal to 64"
TOO_LONG = "Input text exceeds the model's maximum of 256 tokens."

# Too long for the default model.
LONG = "word " * 400

# model, text, dimensions, message
ALL = [
    pytest.param("nope", "a", None, UNKNOWN_MODEL, id="unknown model"),
    pytest.param(NANO, "a", 4096, TOO_MANY_DIMENSIONS, id="too many dimensions"),
    pytest.param(MODEL, LONG, None, TOO_LONG, id="too long"),
]
# For clients that cannot send dimensions.
WITHOUT_DIMENSIONS = [case for case in ALL if case.values[2] is None]
