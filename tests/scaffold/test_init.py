"""`lockstep init`: what it writes, what it refuses, and how a project is taken to a newer Lockstep."""

from __future__ import annotations

import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from lockstep.errors import UsageError
from lockstep.gate.owners import owners
from lockstep.scaffold.files import COPIES, copies_apart
from lockstep.scaffold.lock import LockError, read_lock
from lockstep.scaffold.project import create_project
from tests.conftest import REPOSITORY
from tests.scaffold.installed import Installed


def test_the_shape_of_a_private_repository(written: Path) -> None:
    files = {path.relative_to(written).as_posix() for path in written.rglob("*") if path.is_file()}
    assert files >= {
        *("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml.example", "__main__.py", "Makefile", ".gitignore"),
        *("stacks/__init__.py", "components/__init__.py", "tests/test_stacks.py", "CODEOWNERS", "requirements.txt"),
        *("policy/exceptions.yaml", "policy/approvals.yaml", *COPIES),
        *(".github/workflows/pull-request.yml", ".github/workflows/deploy.yml", "pipelines/upgrade.py"),
    }
    project = yaml.safe_load((written / "Pulumi.yaml").read_text("utf-8"))
    assert project["name"] == "contoso-entra"
    reference = yaml.safe_load((REPOSITORY / "Pulumi.yaml").read_text("utf-8"))
    assert list(project["config"]) == [key.replace("lockstep:", "contoso-entra:") for key in reference["config"]]
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.prod.yaml.example"):
        assert "lockstep:" not in (written / name).read_text("utf-8")
    assert copies_apart(written) == []


def test_the_lock_names_this_wheel_and_all_that_it_needs(written: Path, installed: Installed) -> None:
    first, *others = read_lock(written / "requirements.txt", "requirements.txt")
    assert first.file == f"./wheels/{installed.wheel.name}"
    assert first.text.endswith(sha256(installed.wheel.read_bytes()).hexdigest())
    assert (written / first.file).read_bytes() == installed.wheel.read_bytes()
    assert others == read_lock(REPOSITORY / "requirements" / "run.txt", "run.txt")


def test_a_wheel_that_the_index_has_is_named_by_its_version(installed: Installed, tmp_path: Path) -> None:
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(installed.wheel.parent)}
    done = installed.run("init", "mine", "--host", "azure-devops", cwd=tmp_path, env=index)
    assert done.returncode == 0, done.stderr
    pin = read_lock(tmp_path / "mine" / "requirements.txt", "requirements.txt")[0]
    assert re.fullmatch(r"lockstep==\S+ --hash=sha256:[0-9a-f]{64}", pin.text)
    assert not (tmp_path / "mine" / "wheels").exists()
    assert (tmp_path / "mine" / "pipelines" / "pull-request.yml").is_file()
    none = installed.run("init", "other", cwd=tmp_path, env={"PIP_NO_INDEX": "1"})
    assert (none.returncode, (tmp_path / "other").exists()) == (2, False)
    assert "--wheel FILE" in none.stderr


def test_another_lockstep_of_this_name_and_version_is_refused(installed: Installed, tmp_path: Path) -> None:
    stranger = installed.changed_wheel(tmp_path, ("lockstep/errors.py", "class LockstepError", "class  LockstepError"))
    done = installed.run("init", "mine", "--wheel", str(stranger), cwd=tmp_path)
    assert (done.returncode, (tmp_path / "mine").exists()) == (2, False)
    assert "is another lockstep" in done.stderr
    (tmp_path / "no.whl").write_text("no wheel", "utf-8")
    assert "is not a wheel" in installed.run("init", "mine", "--wheel", "no.whl", cwd=tmp_path).stderr


def test_a_folder_with_files_and_an_impossible_name_are_refused(installed: Installed, tmp_path: Path) -> None:
    def refusal(*words: str) -> str:
        done = installed.run("init", *words, "--wheel", str(installed.wheel), cwd=tmp_path)
        assert done.returncode == 2, done.stdout
        return " ".join(done.stderr.split())

    (tmp_path / "full").mkdir()
    for name in ("b.txt", ".git", "a.txt"):
        (tmp_path / "full" / name).mkdir()
    assert "has files already: a.txt, b.txt;" in refusal("full")
    assert "'con toso' cannot be a project's name" in refusal("new", "--name", "con toso")
    assert "'entraconsent' cannot be a project's name" in refusal("entraconsent")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full"]


def test_a_fresh_clone_is_an_empty_folder(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "clone" / ".git").mkdir(parents=True)
    words = ("init", "clone", "--name", "x", "--reviewers", "@contoso/security", "--wheel", str(installed.wheel))
    assert installed.run(*words, cwd=tmp_path).returncode == 0
    assert owners(tmp_path / "clone", ["policy/approvals.yaml"]) == {"policy/approvals.yaml": "@contoso/security"}
    # What is run by hand has owners too: the tests, and whatever `make` does.
    named = owners(tmp_path / "clone", ["tests/conftest.py", "Makefile", ".github/workflows/pull-request.yml"])
    assert set(named.values()) == {"@contoso/security"}
    assert len(named) == 3


def test_nothing_is_left_when_something_cannot_be_written(
    installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordinary, moved = shutil.move, []

    def move(source: Path, target: Path) -> object:
        moved.append(target)
        if len(moved) == 4:
            raise OSError(28, "No space left on device")
        return ordinary(source, target)

    monkeypatch.setattr(shutil, "move", move)
    with pytest.raises(UsageError, match="No space left"):
        create_project(tmp_path / "mine", "", host="github", wheel=installed.wheel, reviewers="")
    assert list(tmp_path.iterdir()) == []


def test_a_project_is_taken_to_the_lockstep_that_runs(private: Path, installed: Installed) -> None:
    (private / "wheels" / "lockstep-0.0.9-py3-none-any.whl").touch()
    (private / "policy" / "__main__.py").write_text("# of an older Lockstep\n", "utf-8")
    (private / "plugins" / "entraconsent" / "__main__.py").unlink()
    assert copies_apart(private) == [
        "plugins/entraconsent/__main__.py is missing",
        "policy/__main__.py is different",
    ]
    done = installed.run("init", ".", "--update", "--wheel", str(installed.wheel), cwd=private)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "plugins/entraconsent/__main__.py",
        "policy/__main__.py",
        "requirements.txt",
        "wheels/lockstep-0.0.9-py3-none-any.whl (removed)",
    ]
    assert copies_apart(private) == []
    assert "no Pulumi.yaml" in installed.run("init", "wheels", "--update", cwd=private).stderr


@pytest.mark.parametrize(
    "line",
    [
        "requests==2.0",
        "requests>=2.0 --hash=sha256:{0}",
        "--index-url https://example.org",
        "requests==2.0 --hash=sha256:{0} --config-settings=x=y",
        "requests==2.0 --hash=md5:{0}",
        "-r other.txt",
        "-e .",
        "./package.tar.gz --hash=sha256:{0}",
        "../outside-1-py3-none-any.whl --hash=sha256:{0}",
        "/outside-1-py3-none-any.whl --hash=sha256:{0}",
        "https://example.org/a-1-py3-none-any.whl --hash=sha256:{0}",
        "a @ git+https://example.org/a --hash=sha256:{0}",
        "requests==2.0 ; python_version > '3' -e . --hash=sha256:{0}",
    ],
)
def test_a_line_that_could_do_more_than_name_a_wheel_is_refused(tmp_path: Path, line: str) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"# a lock\nyaml==1 \\\n  --hash=sha256:{'1' * 64}\n{line.format('0' * 64)}\n", "utf-8")
    with pytest.raises(LockError, match=r"^requirements\.txt:4: ") as caught:
        read_lock(lock, "requirements.txt")
    assert caught.value.line == 4


def test_a_lock_is_read_as_pip_reads_it(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    digest = "0" * 64
    lock.write_text(
        f"a[x]==1.0 ; python_version < '3.12' \\\n    --hash=sha256:{digest} \\\n    --hash=sha256:{digest}\n"
        f"    # via b\n./wheels/b_c-2.0+x-py3-none-any.whl --hash=sha256:{digest}  # why\n",
        "utf-8",
    )
    one, two = read_lock(lock, "requirements.txt")
    assert (one.name, one.version, one.text.count("--hash")) == ("a", "1.0", 2)
    assert (two.name, two.version, two.file) == ("b-c", "2.0+x", "./wheels/b_c-2.0+x-py3-none-any.whl")
    assert two.requirement(tmp_path) == f"{(tmp_path / two.file).as_uri()} --hash=sha256:{digest}"


def test_the_first_test_of_a_project_passes(private: Path, installed: Installed) -> None:
    words = [str(installed.bin / "python"), "-P", "-m", "unittest", "discover", "-s", "tests", "-t", "."]
    done = subprocess.run(words, cwd=private, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Ran 1 test" in done.stderr
