"""Reconnecting: backoff, circuit breaker, what is worth retrying, connection pool.

`AutoReconnect` ties the first three together and does the I/O; they only decide.
"""

from support.client.reconnect.auto_reconnect import AutoReconnect as AutoReconnect
from support.client.reconnect.connection_pool import ConnectionPool as ConnectionPool
from support.client.reconnect.connection_pool import acquire as acquire
from support.client.reconnect.connection_pool import release as release
