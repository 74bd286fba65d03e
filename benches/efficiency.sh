#!/usr/bin/env bash
# What a verify costs beside the work that cannot be avoided: inflating every layer once, SHA-256 twice over the tars
# (diff_id and each file) and once over the blobs. Interleaved rounds, user+sys CPU seconds, median of the ratios.
#
# Usage: benches/efficiency.sh LAYOUT [IMAGE] [ROUNDS]
#   LAYOUT  an OCI layout directory whose layers are gzip
#   IMAGE   what lucid-verify is given, oci:LAYOUT without; a registry's reference measures the network side too
# Needs: libdeflate-gunzip, openssl, python3; LUCID_VERIFY names the binary (target/release/lucid-verify without).
set -euo pipefail
layout=$1 image=${2:-oci:$1} rounds=${3:-7}
binary=${LUCID_VERIFY:-target/release/lucid-verify}
exec python3 - "$layout" "$image" "$rounds" "$binary" <<'PYTHON'
import json, os, resource, statistics, subprocess, sys, tempfile
layout, image, rounds, binary = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]

def cpu(command, **streams):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, **streams)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

def blob(descriptor):
    return os.path.join(layout, "blobs", *descriptor["digest"].split(":"))

document = json.load(open(os.path.join(layout, "index.json")))["manifests"][0]
layers = [blob(layer) for layer in json.load(open(blob(document)))["layers"]]
with tempfile.TemporaryDirectory() as folder:
    # One blob of many gzip members and one tar, so that no process start is counted for each layer.
    packed, unpacked = os.path.join(folder, "layers.gz"), os.path.join(folder, "layers")
    with open(packed, "wb") as out:
        for layer in layers:
            out.write(open(layer, "rb").read())
    subprocess.run(["libdeflate-gunzip", "-kc", packed], stdout=open(unpacked, "wb"), check=True)
    sizes = os.path.getsize(packed), os.path.getsize(unpacked)
    print("%d layers, %.1f MB packed, %.1f MB of tar" % (len(layers), sizes[0] / 1e6, sizes[1] / 1e6))
    ratios, floors, costs = [], [], []
    for _ in range(rounds):
        cost = cpu([binary, "--profile", "lucid", "--format", "json", image])
        floor = cpu(["libdeflate-gunzip", "-kc", packed])
        floor += sum(cpu(["openssl", "sha256", path]) for path in (unpacked, unpacked, packed))
        ratios.append(cost / floor), floors.append(floor), costs.append(cost)
    middle = statistics.median
    print("floor %.3f s, verify %.3f s, ratio %.3f (%.3f to %.3f)" % (middle(floors), middle(costs), middle(ratios), min(ratios), max(ratios)))
PYTHON
