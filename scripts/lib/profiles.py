"""Looks at what compose starts with each profile: is it what it should be, and can it run together?

Usage: profiles.py FILE PROFILE=SERVICES...     FILE is what `docker-compose config` prints

docker-compose itself lists the services of all profiles, whichever is asked for.
"""

import pathlib
import sys

import yaml


def main(path, *profiles):
    services = yaml.safe_load(pathlib.Path(path).read_text())["services"]
    problems = []
    for profile, wanted in (one.split("=") for one in profiles):
        started = {name: one for name, one in services.items() if profile in one.get("profiles", [profile])}
        problems += [f"{profile}: {problem}" for problem in of_profile(started, set(wanted.split()))]
    print("\n".join(problems) or f"{len(profiles)} profiles of compose are right", file=sys.stderr)
    return 1 if problems else 0


def of_profile(started, wanted):
    if started.keys() != wanted:
        yield f"starts {sorted(started)}"
    ports = [port for service in started.values() for port in service.get("ports", [])]
    if len(ports) != len(set(ports)):
        yield f"publishes a port twice: {sorted(ports)}"
    for name, service in started.items():
        for other in set(service.get("depends_on", [])) - started.keys():
            yield f"{name} waits for {other}, which does not start"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
