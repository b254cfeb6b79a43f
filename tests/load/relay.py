"""Forwards TCP connections, so that a deployment on loopback is reached from another network.

python relay.py LISTEN_HOST LISTEN_PORT HOST PORT
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import closing, suppress


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with closing(writer), suppress(OSError):  # either side is gone, which ends both
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


async def main(listen_host: str, listen_port: str, host: str, port: str) -> None:
    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, int(port))
        await asyncio.gather(_copy(reader, back), _copy(there, writer))

    server = await asyncio.start_server(forward, listen_host, int(listen_port))
    print("listening", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
