"""Test functions by name: every `test_*` of a module runs, each failure is told, the exit says it."""

import sys
import traceback


def equal(got, wanted, what=""):
    if got != wanted:
        raise AssertionError(f"{what} got {got!r}, wanted {wanted!r}")


def run(module, *arguments):
    names = [name for name in vars(module) if name.startswith("test_")]
    failed = 0
    for name in names:
        try:
            vars(module)[name](*arguments)
        except Exception:  # every kind of failure is one failed test
            failed += 1
            print(f"FAILED {name}", file=sys.stderr)
            traceback.print_exc()
    print(f"{module.__file__.rsplit('/', 1)[-1]}: {len(names) - failed} of {len(names)} good")
    return failed
