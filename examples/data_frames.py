"""Results as pandas, polars and Arrow, with types that fit: `python examples/data_frames.py`.

Runs against the emulator; with `Client()` instead it runs against your project. Needs
`pip install "posthog-environments[pandas,polars,arrow]"`.
"""

from __future__ import annotations

from posthog_environments import Client
from posthog_environments.emulator import Emulator

SQL = "select timestamp, event, distinct_id from events order by timestamp desc limit 1000"


def main(client: Client) -> None:
    result = client.query.hogql(SQL)

    frame = result.to_pandas()
    print(frame.dtypes.to_string())
    print(frame.groupby("event").size().sort_values(ascending=False).head(3).to_string())

    print(result.to_polars().schema)
    print(result.to_arrow().schema.field("timestamp"))


if __name__ == "__main__":
    with Emulator(persons=50, events=2_000).client() as client:
        main(client)
