"""Lays layers as containerd's overlay snapshotter does: each unpacked alone, then mounted over one another by Linux.

Reads one JSON document a line, a list of layers, each a list of entries; writes one a line: `lines` of the tree that the
mount shows, or what was `refused`. Runs as root in a mount namespace of its own.
"""
import ctypes, json, os, shutil, stat, sys, tempfile

LIBC = ctypes.CDLL(None, use_errno=True)


def mount(source, target, kind, data):
    arguments = [text.encode() for text in (source, target, kind)]
    if LIBC.mount(*arguments, ctypes.c_ulong(0), data.encode()):
        raise OSError(ctypes.get_errno(), "mount " + data)


class Refused(Exception):
    pass


def inside(root, path):
    """A path with every link followed inside a root; what is missing is taken as it is."""
    todo, done, links = path.split("/")[::-1], "", 0
    while todo:
        name = todo.pop()
        if name in ("", "."):
            continue
        if name == "..":
            done = done.rpartition("/")[0]
            continue
        try:
            mode = os.lstat(root + done + "/" + name).st_mode
        except FileNotFoundError:
            mode = 0
        if stat.S_ISLNK(mode):
            links += 1
            if links > 255:
                raise Refused("too many links")
            target = os.readlink(root + done + "/" + name)
            done = "" if target.startswith("/") else done
            todo += target.split("/")[::-1]
        else:
            done += "/" + name
    return done


def make_parents(root, path, below):
    if not path:
        return
    try:
        if stat.S_ISDIR(os.lstat(root + path).st_mode):
            return
        raise NotADirectoryError(path)
    except FileNotFoundError:
        pass
    make_parents(root, path.rpartition("/")[0], below)
    os.mkdir(root + path)
    os.chmod(root + path, 0o755)
    for lower in below:
        try:
            meta = os.lstat(lower + inside(lower, path))
        except FileNotFoundError:
            continue
        if stat.S_ISDIR(meta.st_mode):
            os.chown(root + path, meta.st_uid, meta.st_gid)
            os.chmod(root + path, meta.st_mode & 0o7777)
        return


def unpack(root, below, entry):
    kind, path = entry["kind"], entry["path"]
    if kind == "o":
        directory = inside(root, path)
        make_parents(root, directory, below)
        os.setxattr(root + directory, "trusted.overlay.opaque", b"y")
        return
    if path == "/":
        os.chmod(root, entry["mode"])
        os.chown(root, entry["uid"], entry["gid"])
        os.chmod(root, entry["mode"])
        return
    directory, _, name = path.rpartition("/")
    directory = inside(root, directory)
    make_parents(root, directory, below)
    path = root + directory + "/" + name
    if kind == "w":
        os.mknod(path, stat.S_IFCHR)
        return
    try:
        old = os.lstat(path).st_mode
        if not (stat.S_ISDIR(old) and kind == "d"):
            shutil.rmtree(path) if stat.S_ISDIR(old) else os.unlink(path)
    except FileNotFoundError:
        pass
    if kind == "h":
        above, _, target = entry["target"].rpartition("/")
        os.link(root + inside(root, above) + "/" + target, path, follow_symlinks=False)
        return
    if kind == "d":
        if not os.path.isdir(path):
            os.mkdir(path)
    elif kind == "f":
        with open(path, "wb") as file:
            file.write(entry["content"].encode("latin-1"))
    elif kind == "l":
        os.symlink(entry["target"], path)
    elif kind == "p":
        os.mkfifo(path)
    else:
        os.mknod(path, stat.S_IFCHR if kind == "c" else stat.S_IFBLK, os.makedev(*entry["device"]))
    os.chown(path, entry["uid"], entry["gid"], follow_symlinks=False)
    if kind != "l":
        os.chmod(path, entry["mode"])


def lines(root):
    first, found, todo = {}, [], [""]
    while todo:
        path = todo.pop()
        shown = path or "/"
        try:
            meta = os.lstat(root + path)
        except FileNotFoundError:
            found.append("? " + shown)
            continue
        mode = meta.st_mode
        attributes = "%04o %d:%d" % (mode & 0o7777, meta.st_uid, meta.st_gid)
        if stat.S_ISDIR(mode):
            found.append("d %s %s" % (attributes, shown))
            todo += sorted((path + "/" + name for name in os.listdir(root + path)), reverse=True)
            continue
        inode = (meta.st_dev, meta.st_ino)
        if inode in first:
            found.append("h %s => %s" % (shown, first[inode]))
            continue
        first[inode] = shown
        if stat.S_ISLNK(mode):
            found.append("l 0777 %s %s -> %s" % (attributes.split()[1], shown, os.readlink(root + path)))
        elif stat.S_ISREG(mode):
            found.append("f %s %d %s" % (attributes, meta.st_size, shown))
        elif stat.S_ISFIFO(mode):
            found.append("p %s %s" % (attributes, shown))
        else:
            device = "%d,%d" % (os.major(meta.st_rdev), os.minor(meta.st_rdev))
            found.append("%s %s %s %s" % ("c" if stat.S_ISCHR(mode) else "b", attributes, device, shown))
    return found


def lay(folder, layers):
    roots = []
    for number, entries in enumerate(layers):
        root = "%s/%d" % (folder, number)
        os.mkdir(root)
        if roots:
            meta = os.stat(roots[0])
            os.chown(root, meta.st_uid, meta.st_gid)
            os.chmod(root, meta.st_mode & 0o7777)
        else:
            os.chmod(root, 0o755)
        for entry in entries:
            try:
                unpack(root, roots, entry)
            except (OSError, Refused) as error:
                return {"refused": "layer %d: %s: %s" % (number + 1, entry["path"], type(error).__name__)}
        roots.insert(0, root)
    # A container writes into a directory above all layers.
    for name in ("upper", "work", "merged"):
        os.mkdir(folder + "/" + name)
    if roots:
        shutil.copystat(roots[0], folder + "/upper")
        meta = os.stat(roots[0])
        os.chown(folder + "/upper", meta.st_uid, meta.st_gid)
        os.chmod(folder + "/upper", meta.st_mode & 0o7777)
        for name in os.listxattr(folder + "/upper"):
            os.removexattr(folder + "/upper", name)
    options = "lowerdir=%s,upperdir=%s/upper,workdir=%s/work" % (":".join(roots), folder, folder)
    mount("overlay", folder + "/merged", "overlay", options)
    try:
        return {"lines": lines(folder + "/merged")}
    finally:
        LIBC.umount2((folder + "/merged").encode(), 2)


os.umask(0)
disk = tempfile.mkdtemp()
mount("tmpfs", disk, "tmpfs", "")
for number, line in enumerate(sys.stdin):
    folder = "%s/%d" % (disk, number)
    os.mkdir(folder)
    print(json.dumps(lay(folder, json.loads(line))), flush=True)
    shutil.rmtree(folder)
LIBC.umount2(disk.encode(), 2)
os.rmdir(disk)
