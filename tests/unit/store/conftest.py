"""A PostgreSQL server of the tests' own, where its programs are installed."""

import getpass
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text


def programs():
    """Folder of PostgreSQL's programs; Debian keeps them out of the path."""
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return Path(found).parent if found else (folders[-1] if folders else None)


@pytest.fixture(scope="session")
def postgresql_server():
    """The URL of a fresh server (a socket in a scratch folder, no network), or a skip."""
    pytest.importorskip("psycopg")
    folder = programs()
    if folder is None:
        pytest.skip("PostgreSQL is not installed")
    scratch = Path(tempfile.mkdtemp(prefix="scanform-pg-"))
    owner = "nobody" if os.geteuid() == 0 else getpass.getuser()
    account = pwd.getpwnam(owner)
    os.chown(scratch, account.pw_uid, account.pw_gid)
    extra = (
        {"user": owner, "group": account.pw_gid, "cwd": "/", "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}}
        if os.geteuid() == 0
        else {}
    )
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        subprocess.run(
            [folder / "initdb", "-D", scratch / "data", "-U", "tester", "-A", "trust", "-E", "UTF8"],
            check=True,
            **quiet,
            **extra,
        )
        start = [
            folder / "pg_ctl",
            "-D",
            scratch / "data",
            "-w",
            "-l",
            scratch / "log",
            "-o",
            f"-k {scratch} -c listen_addresses=''",
            "start",
        ]
        subprocess.run(start, check=True, **quiet, **extra)
        yield f"postgresql://tester@/postgres?host={scratch}"
    finally:
        if (scratch / "data" / "postmaster.pid").exists():
            subprocess.run(
                [folder / "pg_ctl", "-D", scratch / "data", "-m", "immediate", "stop"], check=True, **quiet, **extra
            )
        shutil.rmtree(scratch, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def where(request, tmp_path):
    """Where a store may lie: a SQLite file, and an empty PostgreSQL database."""
    if request.param == "sqlite":
        return tmp_path / "s.sqlite"
    server = request.getfixturevalue("postgresql_server")
    name = "t" + "".join(character for character in tmp_path.name.lower() if character.isalnum())[:50]
    engine = create_engine(server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.replace("/postgres?", f"/{name}?")
