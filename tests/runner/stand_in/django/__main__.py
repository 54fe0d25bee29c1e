"""The management commands that the launcher calls, as little of each as a test can see."""

import os
import signal
import sys
from pathlib import Path

TABLE = "create table facts as select 'first' as fact; grant select on facts to kj_app"


def sql(text: str) -> None:
    """Run statements as whoever the launcher connects as; the driver is loaded only where it is needed."""
    import psycopg

    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute(text)


def main(command: str) -> None:
    """Do what the command's name says."""
    if command == "example":
        sql(TABLE)
    elif command == "add_fact":
        sql("insert into facts values ('another')")
    elif command == "collectstatic":
        Path("static").mkdir(exist_ok=True)
    elif command == "procrastinate":
        signal.pause()
    elif command == "warm_losses" and Path("no-compiler").exists():
        sys.exit("no compiler")
    elif command == "people":
        print("  Only Person")


main(sys.argv[1])
