"""Who owns which bytes of an unpacked image, by what pip, dpkg and apk noted there: the plain way, to compare with.

Run as root with the folder of the image; prints JSON.
"""

import csv
import json
import os
import re
import stat
import sys
from email.parser import HeaderParser

# What the parser needs must be there before the image is all that there is.
HeaderParser().parsestr("A: b")
# Links are followed as a process in the image would.
os.chroot(sys.argv[1])
os.chdir("/")

SITES = ("site-packages", "dist-packages")


def regular(path):
    """The number of the regular file at a path; a link at its end is none."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_ino if stat.S_ISREG(found.st_mode) else None


def numbers(paths):
    return [number for number in map(regular, paths) if number is not None]


def below(path):
    if not os.path.isdir(path):
        return [path]
    return [os.path.join(at, name) for at, _, names in os.walk(path) for name in names]


def text(path):
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        return file.read()


everything = list(os.walk("/"))
sizes = {}
for at, _, names in everything:
    for path in (os.path.join(at, name) for name in names):
        if regular(path) is not None:
            sizes[regular(path)] = os.lstat(path).st_size


def distributions():
    """Every distribution: normalised name, place, name, version, files of RECORD, files beside them."""
    sites = {os.path.realpath(os.path.join(at, name)) for at, names, _ in everything for name in names if name in SITES}
    for site in sorted(filter(os.path.isdir, sites)):
        found = []
        for name in os.listdir(site):
            info = os.path.join(site, name)
            if not name.endswith((".dist-info", ".egg-info")):
                continue
            metadata = next((path for path in (f"{info}/METADATA", f"{info}/PKG-INFO", info) if os.path.isfile(path)), None)
            head = HeaderParser().parsestr(text(metadata)) if metadata else {}
            by_file = name.rsplit(".", 1)[0].split("-")
            called = head.get("Name") or by_file[0]
            version = head.get("Version") or (by_file + [""])[1]
            record = f"{info}/RECORD"
            # Debian's own packages ship the RECORD of their build.
            is_build = site == "/usr/lib/python3/dist-packages" and not os.path.exists(f"{info}/INSTALLER")
            rows = []
            if os.path.isfile(record) and not is_build:
                rows = [os.path.join(site, row[0]) for row in csv.reader(text(record).splitlines()) if row]
            normal = re.sub(r"[-_.]+", "-", called).lower()
            found.append((normal, info, called, version, numbers(rows), numbers(below(info))))
        yield from sorted(found)


def listed(lines):
    return numbers("/" + line.strip().removeprefix("./").lstrip("/") for line in lines)


def system():
    """Every package of the system: name, kind, version, files."""
    found = {}
    folder = "/var/lib/dpkg/status.d"
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        sums = f"{folder}/{name}.md5sums"
        if not name.endswith(".md5sums") and os.path.exists(sums):
            control = HeaderParser().parsestr(text(f"{folder}/{name}"))
            files = listed(line[34:] for line in text(sums).splitlines())
            found[control["Package"], "deb"] = control["Version"], files
    status = "/var/lib/dpkg/status"
    for paragraph in text(status).split("\n\n") if os.path.exists(status) else []:
        control = HeaderParser().parsestr(paragraph.strip("\n"))
        if not (control.get("Status") or "").endswith(" installed"):
            continue
        name = control["Package"]
        lists = (f"/var/lib/dpkg/info/{stem}.list" for stem in (name, f"{name}:{control['Architecture']}"))
        lines = next((text(path).splitlines() for path in lists if os.path.exists(path)), None)
        if lines is not None:
            kept = [line.split()[0] for line in (control.get("Conffiles") or "").splitlines() if line.strip()]
            found[name, "deb"] = control["Version"], listed(lines + kept)
    database = "/lib/apk/db/installed"
    for paragraph in text(database).split("\n\n") if os.path.exists(database) else []:
        name, version, at, files = None, "", "", []
        for letter, _, value in (line.partition(":") for line in paragraph.splitlines()):
            if letter == "P":
                name = value
            elif letter == "V":
                version = value
            elif letter == "F":
                at = value
            elif letter == "R":
                files.append(f"{at}/{value}")
        if name:
            found[name, "apk"] = version, listed(files)
    return sorted((name, kind, version, files) for (name, kind), (version, files) in found.items())


python, packages = list(distributions()), system()
owners = [("python", name, version) for _, _, name, version, _, _ in python]
first = {}
for name, kind, version, files in packages:
    for number in files:
        first.setdefault(number, len(owners))
    owners.append((kind, name, version))
owner = {}


def own(files, of):
    for number in files:
        owner.setdefault(number, of)


def compiled():
    for at, _, names in everything:
        for name in names if os.path.basename(at) == "__pycache__" else []:
            module = re.fullmatch(r"([^.]+)\.[^.]+(\.opt-[^.]*)?\.pyc", name)
            source = module and os.path.join(os.path.dirname(at), module[1] + ".py")
            if source and os.path.isfile(source) and os.stat(source).st_ino in owner:
                own(numbers([os.path.join(at, name)]), owner[os.stat(source).st_ino])


def install(claims):
    for (_, _, _, _, rows, _), of in claims:
        own(rows, of)
    for (_, _, _, _, _, info), of in claims:
        own(info, of)
    compiled()


claims = [(found, next((first[number] for number in found[5] if number in first), None)) for found in python]
install([(found, index) for index, (found, bringer) in enumerate(claims) if bringer is None])
for number, of in first.items():
    own([number], of)
install([claim for claim in claims if claim[1] is not None])

amounts = [[0, 0] for _ in owners]
unowned = [0, 0]
for number, size in sizes.items():
    amount = amounts[owner[number]] if number in owner else unowned
    amount[0] += size
    amount[1] += 1
rows = [[kind, name, version, *amount] for (kind, name, version), amount in zip(owners, amounts)]
json.dump({"packages": rows, "unowned": unowned, "total": [sum(sizes.values()), len(sizes)]}, sys.stdout)
