"""`python -m posthog_environments.cli`."""

from __future__ import annotations

import sys

from posthog_environments.cli import main

sys.exit(main())
