"""sent.py: the messages that the tests of faults send, and what of them is there."""
from e2e import Api, without_trace


def body(name):
    lines = 200 if name.endswith("7") else 4  # pages of its own, or one with others
    return f"Subject: {name}\r\n\r\n".encode() + f"{name * 8:.40}\r\n".encode() * lines


class Sent:
    """Of a run with `names`, id: inbox of what was acknowledged, and a `daemon`."""

    def missing(self, address, messages):
        """Those that are not there once and as they were sent."""
        with Api(address) as api:
            return [each for each in messages if without_trace(api.only(self.names[each])) != body(self.names[each])]

    def stored(self, names):
        with Api(self.daemon.api) as api:
            return [name for name in names if api.messages(name)]
