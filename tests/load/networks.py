"""Networks of their own for machines of a cluster: namespaces of the kernel, joined by a bridge."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

RELAY = Path(__file__).with_name("relay.py")


class NetworksMissing(Exception):
    """This machine does not let us make any; the message says why."""


class Networks:
    """A bridge at `host`, and so many namespaces beside it, each with a loopback of its own."""

    def __init__(self, count: int) -> None:
        self._name = f"gl{os.getpid() % 100_000}"
        self._net = f"10.211.{os.getpid() % 250 + 1}"
        self.host = f"{self._net}.1"
        self._spaces = [f"{self._name}-{number}" for number in range(count)]
        self._relays: list[subprocess.Popen[str]] = []
        if shutil.which("ip") is None:
            raise NetworksMissing("there is no ip command")
        try:
            self._make()
        except subprocess.CalledProcessError as error:
            self.close()
            raise NetworksMissing(error.stderr.decode().strip()) from error

    def _make(self) -> None:
        _ip("link", "add", self._name, "type", "bridge")
        _ip("addr", "add", f"{self.host}/24", "dev", self._name)
        _ip("link", "set", self._name, "up")
        for number, space in enumerate(self._spaces):
            near, far = f"{self._name}n{number}", f"{self._name}f{number}"
            _ip("netns", "add", space)
            _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", space)
            _ip("link", "set", near, "master", self._name, "up")
            _ip("-n", space, "addr", "add", f"{self._net}.{number + 2}/24", "dev", far)
            _ip("-n", space, "link", "set", far, "up")
            _ip("-n", space, "link", "set", "lo", "up")

    def within(self, number: int) -> tuple[str, ...]:
        """What begins a command that runs in that network."""
        return ("ip", "netns", "exec", self._spaces[number])

    def bring_in(self, port: int) -> None:
        """From now on a port of our loopback is there in every network, on its loopback."""
        self._relay((), self.host, port, "127.0.0.1", port)
        for number in range(len(self._spaces)):
            self._relay(self.within(number), "127.0.0.1", port, self.host, port)

    def _relay(self, within: tuple[str, ...], *ends: str | int) -> None:
        command = [*within, sys.executable, str(RELAY), *map(str, ends)]
        relay = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._relays.append(relay)
        assert relay.stdout is not None
        assert relay.stdout.readline() == "listening\n"

    def cut(self, number: int) -> None:
        """That network is cut off: nothing passes any more, and nobody is told."""
        _ip("link", "set", f"{self._name}n{number}", "down")

    def close(self) -> None:
        """Remove everything."""
        for relay in self._relays:
            relay.kill()
            relay.wait()
        links = [f"{self._name}n{number}" for number in range(len(self._spaces))]
        gone = [("netns", "del", space) for space in self._spaces]
        gone += [("link", "del", link) for link in (*links, self._name)]
        for what in gone:
            subprocess.run(["ip", *what], capture_output=True, check=False)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], capture_output=True, check=True)
