"""The cheapest program on cyclopts and httpx that can post a message: what the cold start of our commands is held to.

Usage: cheapest_cli.py send ALIAS WORDS… with URL and TOKEN in the environment; cheapest_cli.py --help.
"""

import os

import httpx
from cyclopts import App

app = App(name="cheapest", help="The least that can be done.")


@app.command
def send(alias: str, *words: str) -> None:
    """Say something."""
    answer = httpx.post(
        os.environ["URL"] + "/messages",
        json={"text": f"@{alias} {' '.join(words)}"},
        headers={"Authorization": f"Bearer {os.environ['TOKEN']}"},
    )
    print(answer.json()["message"]["id"])


app()
