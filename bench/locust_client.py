"""A Locust user that receives the frames of `frame_server.py`; prints the CPU seconds it took.

python bench/locust_client.py PORT RUNS      # needs: pip install locust websocket-client
"""

import gevent.monkey

gevent.monkey.patch_all()

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import uuid  # noqa: E402

import websocket  # noqa: E402
from locust import User, constant, task  # noqa: E402
from locust.env import Environment  # noqa: E402


class Chatter(User):
    """Asks all questions, and reports every event to Locust, as its users do."""

    wait_time = constant(0)

    @task
    def chat(self) -> None:
        port, runs = int(sys.argv[1]), int(sys.argv[2])
        socket = websocket.create_connection(
            f"ws://127.0.0.1:{port}/ws", subprotocols=["agent-chat.v1"]
        )
        socket.recv()
        for number in range(runs):
            content = f"Please work out 12 * 7 for zqbcdfghjkmnpqrstvwxzbcd (note {number})."
            asked = {"type": "user_message", "request_id": str(uuid.uuid4()), "content": content}
            started = time.process_time()
            socket.send(json.dumps(asked))
        ended = 0
        while ended < runs:
            event = json.loads(socket.recv())
            latency_ms = (time.time() - event.get("timestamp", time.time())) * 1000
            self.environment.events.request.fire(
                request_type="WS",
                name=event["type"],
                response_time=latency_ms,
                response_length=0,
                exception=None,
                context={},
            )
            ended += event["type"] == "agent_completed"
        print(time.process_time() - started, flush=True)
        self.environment.runner.quit()


environment = Environment(user_classes=[Chatter])
runner = environment.create_local_runner()
runner.start(1, spawn_rate=1)
runner.greenlet.join()
