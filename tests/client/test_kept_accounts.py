"""Row Q9: accounts are kept from run to run, by one run at a time, and read by nobody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from support.client import KeptAccounts
from support.client.kept_accounts import MOST_RUNS, KeptAccount
from support.config import DeploymentError

ADDRESS = "https://auth.example.test"


def account(name: str, canaries: int = 1) -> KeptAccount:
    told = tuple(f"zq{number}" for number in range(canaries))
    return KeptAccount(f"{name}@example.test", f"password of {name}", f"u-{name}", told)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., KeptAccounts]:
    """Begin one more run."""

    def begin(address: str = ADDRESS, rest_s: float = 0.0, run: str = "") -> KeptAccounts:
        return KeptAccounts(tmp_path / "deep" / "accounts.json", address, rest_s, run)

    return begin


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file, when there is one."""
    return tmp_path / "deep" / "accounts.json"


Begin = Callable[..., KeptAccounts]


def test_the_first_run_finds_none(run: Begin) -> None:
    assert (run().available(), run().take()) == (0, None)


def test_a_later_run_finds_what_was_kept_with_its_secrets(run: Begin) -> None:
    run().put_back(account("alice"))
    later = run()
    assert later.available() == 1
    found = later.take()
    assert found is not None
    assert (found.email, found.password) == ("alice@example.test", "password of alice")
    assert (found.user_id, found.canaries) == ("u-alice", ("zq0",))


def test_another_process_of_the_same_run_does_not_get_it_either(run: Begin) -> None:
    run(run="today").put_back(account("alice"))
    assert run(run="today").take() is None
    assert run(run="tomorrow").take() is not None


def test_the_same_run_gets_no_account_twice(run: Begin) -> None:
    first = run()
    first.put_back(account("alice"))
    assert (first.available(), first.take()) == (0, None)


def test_an_account_in_use_is_nobody_elses(run: Begin) -> None:
    run().put_back(account("alice"))
    assert run().take() is not None
    assert run().take() is None


def test_runs_at_once_share_no_account(run: Begin) -> None:
    before = run()
    for number in range(40):
        before.put_back(account(f"user{number}"))
    taken: list[str] = []

    def take_all(kept: KeptAccounts) -> None:
        while (found := kept.take()) is not None:
            taken.append(found.email)

    threads = [Thread(target=take_all, args=[kept]) for kept in (run(), run(), run())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), len(set(taken))) == (40, 40)


def test_an_account_rests_until_all_that_was_asked_has_ended(run: Begin) -> None:
    run(rest_s=60).put_back(account("alice"))
    assert run().take() is None


def test_an_account_serves_so_many_runs_and_no_more(run: Begin) -> None:
    run().put_back(account("young", canaries=MOST_RUNS - 1))
    run().put_back(account("old", canaries=MOST_RUNS))
    assert run().available() == 1


def test_an_account_belongs_to_one_address(run: Begin) -> None:
    run().put_back(account("alice"))
    other = run("https://auth.elsewhere.test")
    other.put_back(account("bob"))
    other.forget()
    assert run("https://auth.elsewhere.test").available() == 0
    assert run().available() == 1


def test_only_the_owner_can_read_the_file(run: Begin, path: Path) -> None:
    run().put_back(account("alice"))
    assert path.stat().st_mode & 0o077 == 0


def test_a_file_that_others_can_read_is_refused(run: Begin, path: Path) -> None:
    run().put_back(account("alice"))
    path.chmod(0o644)
    with pytest.raises(DeploymentError, match="holds passwords, but others can read"):
        run().take()


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', "\x00"])
def test_a_file_of_something_else_is_refused(run: Begin, path: Path, text: str) -> None:
    run().available()
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    with pytest.raises(DeploymentError, match="holds no accounts: correct or delete it"):
        run().available()


def test_a_folder_in_the_place_of_the_file_is_refused(run: Begin, path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(DeploymentError, match="accounts_file"):
        run().available()


def test_no_password_stands_in_how_an_account_is_shown() -> None:
    assert "password" not in repr(account("alice"))
