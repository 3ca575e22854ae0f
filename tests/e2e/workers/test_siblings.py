"""How workers get at one another's numbers; here several of them live in one process."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from entrypoints.workers.samples import Family
from entrypoints.workers.siblings import Inbox, Siblings, open_inbox
from tests.patience import patience


@pytest.fixture
def inboxes() -> Iterator[dict[int, Inbox]]:
    """Yield the inboxes of three workers."""
    made = {number: open_inbox() for number in (1, 2, 3)}
    yield made
    for inbox in made.values():
        inbox.reader.close()
        inbox.writer.close()


def numbers(value: float, size: int = 1) -> list[Family]:
    """Return the numbers of a worker: one metric of so many series."""
    return [Family("panorama_a", "A.", "gauge", [("panorama_a", {"n": str(each)}, value) for each in range(size)])]


def worker(number: int, inboxes: dict[int, Inbox], seconds: float = 2.0) -> Siblings:
    """Return what a worker has of the others, for whom it waits as long as the service does on a quiet machine."""
    return Siblings(number, inboxes, patience=patience(seconds))


async def collect(value: float, size: int = 1) -> list[Family]:
    """Return numbers, as a worker does that has to look for them."""
    await asyncio.sleep(0)
    return numbers(value, size)


async def test_each_worker_answers_for_all(inboxes: dict[int, Inbox]) -> None:
    """Also at once, and also where an answer is much more than a socket holds."""
    one, two, three = (worker(number, inboxes) for number in (1, 2, 3))
    size = 20_000
    async with (
        one.answering(lambda: collect(1.0)),
        two.answering(lambda: collect(2.0, size)),
        three.answering(lambda: collect(3.0)),
    ):
        texts = await asyncio.gather(
            one.exposition(lambda: collect(1.0)),
            two.exposition(lambda: collect(2.0, size)),
            three.exposition(lambda: collect(3.0)),
        )
    assert texts[0] == texts[1] == texts[2]
    lines = texts[0].decode().splitlines()
    assert [f'panorama_a{{n="0",worker="{number}"}} {number}.0' in lines for number in (1, 2, 3)] == [True] * 3
    assert sum('worker="2"' in line for line in lines) == size + 1


async def test_one_that_does_not_answer_is_not_waited_for(inboxes: dict[int, Inbox]) -> None:
    """The others are shown; it is not up."""
    one, two = worker(1, inboxes, 1.0), worker(2, inboxes)
    async with two.answering(lambda: collect(2.0)):
        text = await one.exposition(lambda: collect(1.0))
    assert b'panorama_worker_up{worker="3"} 0.0' in text
    assert b'panorama_worker_up{worker="2"} 1.0' in text


async def test_questions_to_a_dead_worker_pile_up_to_a_bound(inboxes: dict[int, Inbox]) -> None:
    """Its inbox is full then, and its successor drops what nothing waits for any more, and answers what is new."""
    one = worker(1, inboxes, 0.001)
    texts = [await one.exposition(lambda: collect(1.0)) for _ in range(300)]
    assert b'panorama_worker_up{worker="2"} 0.0' in texts[-1]
    patient, successor = worker(1, inboxes), worker(2, inboxes)
    async with successor.answering(lambda: collect(2.0)), worker(3, inboxes).answering(lambda: collect(3.0)):
        await asyncio.sleep(0)
        text = await patient.exposition(lambda: collect(1.0))
    assert b'panorama_a{n="0",worker="2"} 2.0' in text


async def test_a_worker_that_dies_while_it_answers_is_not_up(inboxes: dict[int, Inbox]) -> None:
    """Half an answer is none."""

    def answer_half() -> None:
        _, files, _, _ = socket.recv_fds(inboxes[2].reader, 1, 1)
        with socket.socket(fileno=files[0]) as asker:
            asker.sendall(b"\x93")

    one = worker(1, inboxes)
    loop = asyncio.get_running_loop()
    loop.add_reader(inboxes[2].reader.fileno(), answer_half)
    text = await one.exposition(lambda: collect(1.0))
    loop.remove_reader(inboxes[2].reader.fileno())
    assert b'panorama_worker_up{worker="2"} 0.0' in text


async def test_what_a_worker_cannot_collect_is_not_up_there_and_harms_nothing(inboxes: dict[int, Inbox]) -> None:
    """The fault is not the asker's."""

    async def fail() -> list[Family]:
        raise ValueError

    one, two = worker(1, inboxes), worker(2, inboxes)
    async with two.answering(fail):
        text = await one.exposition(lambda: collect(1.0))
    assert b'panorama_worker_up{worker="2"} 0.0' in text
    assert b'panorama_a{n="0",worker="1"} 1.0' in text
