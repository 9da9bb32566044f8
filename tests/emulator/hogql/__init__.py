"""The emulator's HogQL against answers that were worked out by hand."""

import pytest

pytest.register_assert_rewrite("tests.emulator.hogql.cases")
