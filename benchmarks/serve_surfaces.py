"""The surfaces of one node for a benchmark: prints its port and a token, serves until it is told to stop."""

import sys
from pathlib import Path

from tests.exchange.served import OWN, STANDINGS, Node, serving

from egnatia.exchange.api.app import app
from egnatia.node.pace import set_pace
from egnatia.settings import Settings
from egnatia.settings.declared import Limits
from egnatia.store import Store


def main() -> None:
    """Serve the node in the folder that is named."""
    settings = Settings(limits=Limits(listeners=10_000))
    with Store.open(f"sqlite:///{Path(sys.argv[1]) / 'egnatia.db'}") as store:
        node = Node(store, settings, STANDINGS)
        set_pace()
        with serving(app(node)) as url:
            print(url.rpartition(":")[2], node.token(OWN), flush=True)
            sys.stdin.read()
        node.admission.close()


if __name__ == "__main__":
    main()
