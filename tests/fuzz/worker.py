"""The process that fuzzes one target, with libFuzzer, until that ends it."""

import sys
import time
from pathlib import Path

import atheris

from tests.fuzz.last_input import Recorder


def main(name: str, last: str, end: str, *options: str) -> None:
    """Fuzz a target until a moment of the monotonic clock, but a second at least.

    `last` is the file for the input that is being tried, `options` are libFuzzer's.
    """
    with atheris.instrument_imports(include=["feedsvc"]):
        # Imported here, so that the code is instrumented.
        from tests.fuzz.mutation import mutate  # noqa: PLC0415
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415

    target = TARGETS[name]
    recorder = Recorder(Path(last), target.length)

    def try_input(data: bytes) -> None:
        recorder.record(data)
        target(data)

    seconds = max(1, round(float(end) - time.monotonic()))
    atheris.Setup(
        [sys.argv[0], f"-max_total_time={seconds}", f"-max_len={target.length}", *options],
        try_input,
        custom_mutator=lambda data, most, seed: mutate(data, most, seed, atheris.Mutate),
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
