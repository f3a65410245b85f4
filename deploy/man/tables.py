#!/usr/bin/env python3
"""Writes the tables of the code into the manual pages: metrics, settings, diagnostics.

  deploy/man/tables.py           writes them
  deploy/man/tables.py --check   says which page is behind, and exits 1"""

import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def rows(path):
    """(macro, [arguments]) of each row of a .def file; quoted arguments without their quotes."""
    try:
        with open(os.path.join(ROOT, path), encoding="utf-8") as f:
            text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    except FileNotFoundError:
        return
    for macro, inside in re.findall(r'^([A-Z]+)\(((?:"(?:\\.|[^"\\])*"|[^"()])*)\)', text, re.M):
        args = re.findall(r'((?:"(?:\\.|[^"\\])*"\s*)+|[^",]+)(?:,|$)', inside)
        yield macro, [plain(a.strip()) for a in args]


def plain(arg):
    if not arg.startswith('"'):
        return arg
    return re.sub(r'(?<!\\)"\s+"', "", arg)[1:-1].replace('\\"', '"')


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return "\\&" + text if text.startswith(".") else text


def item(name, text):
    return f".TP\n.B {roff(name)}\n{roff(text)}\n"


def sentence(text):
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else text + "."


def metrics():
    seen = {}
    for _, (_, kind, name, labels, text) in rows("bridge/metrics.def"):
        entry = seen.setdefault(name, {"kind": kind, "text": text, "labels": []})
        entry["labels"] += [labels.replace('"', "")] if labels else []
    return "".join(item(name, f"{sentence(e['text'])} ({e['kind']}"
                        + (f"; {', '.join(e['labels'])}" if e["labels"] else "") + ")")
                   for name, e in seen.items())


def settings():
    out, later = "", []
    for macro, args in rows("bridge/config.def"):
        if macro == "LATER":
            later.append(args[0])
        elif macro in ("SETTING", "FIXED"):
            default = f" Default: {args[3]}." if args[3] else ""
            fixed = " Changes with a restart only." if macro == "FIXED" else ""
            out += item(args[0], args[4] + "." + default + fixed)
    if later:
        out += (".PP\nIn the language, but not in this build, which refuses them: "
                + ", ".join(roff(name) for name in later) + ".\n")
    return out


def diagnostics():
    return "".join(item(args[0], sentence(args[-1])) for _, args in rows("rules/diag.def"))


def main():
    check, behind = "--check" in sys.argv[1:], 0
    for page, name, make in (("clockwire.1", "metrics", metrics),
                             ("clockwire.yaml.5", "settings", settings),
                             ("clockwire.yaml.5", "diagnostics", diagnostics)):
        path = os.path.join(ROOT, "deploy", "man", page)
        with open(path, encoding="utf-8") as f:
            old = f.read()
        begin, end = f'.\\" begin {name} (written by tables.py)\n', f'.\\" end {name}\n'
        head, rest = old.split(begin)
        new = head + begin + make() + end + rest.split(end, 1)[1]
        if new == old:
            continue
        if check:
            behind += 1
            line = head.count("\n") + 1
            print(f"deploy/man/{page}:{line}: the {name} are behind; run deploy/man/tables.py")
        else:
            with open(path, "w", encoding="utf-8") as f:
                f.write(new)
    return 1 if behind else 0


if __name__ == "__main__":
    sys.exit(main())
