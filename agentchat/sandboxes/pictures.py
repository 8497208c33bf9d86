"""The pictures that a program left in the folder it started in: fetched from inside, read outside as data.

Nobody looks into that folder from outside: it may be full of links, pipes, sparse files and names made to harm, and in
a sandbox it is gone when the last process is. So a shell around the program writes the pictures to a pipe of its own
when the program has ended. That pipe is no secret: a program can find it and write to it what it likes. What comes out
is therefore read strictly, up to a cap, and may say no more than a program can say by printing.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import NamedTuple

from agentchat.transcript.messages import SavedFile

MOST = 8  # pictures of one program: what a person looks through; the model is told of each on a line
ROOM = 4 * 1024**2  # bytes of them together: the page that `agentchat view` makes still opens at once
STREAM = 2 * ROOM  # bytes read from the pipe: base64 with its line ends takes 1.35 times the room, names little
"""The cap on the pipe. A longer stream is no honest one, and nothing of it is kept."""

SHELL = rf"""
exec 3>&0 4>&2 </dev/null 2>/dev/null
trap : HUP INT QUIT ALRM TERM USR1 USR2
trap 'echo "there is no process left to start the program in" >&4; exit 254' EXIT
(exec "$@" 2>&4 3>&- 4>&-)
code=$?
trap 'exit $code' EXIT
room={ROOM} kept=0 left=0
for name in *; do
    case $name in *.[pP][nN][gG] | *.[jJ][pP][gG] | *.[jJ][pP][eE][gG] | *.[gG][iI][fF] | *.[wW][eE][bB][pP]) ;;
    *) continue ;; esac
    [ -f "./$name" ] && [ ! -L "./$name" ] || continue
    [ $((kept + left)) -gt 0 ] || printf '<' >&3
    if [ $kept -ge {MOST} ] || [ ! -r "./$name" ]; then left=$((left + 1)); continue; fi
    size=$(($(wc -c <"./$name")))
    if [ $size -gt $room ]; then left=$((left + 1)); continue; fi
    room=$((room - size)) kept=$((kept + 1))
    printf %s "$name" | base64 >&3
    printf : >&3
    head -c $size <"./$name" | base64 >&3
    printf ';' >&3
done
[ $((kept + left)) -eq 0 ] || printf '%s>' $left >&3
exit $code
"""
"""What runs around a program, for any POSIX shell. The pipe comes in as its standard input, for that descriptor is
passed through by everything that is started before; the program gets an empty one in its place, and no other.

It ends with the program's exit code, whatever happens to it afterwards, and adds nothing to what the program printed.
The signals that a program sends to its whole group are the program's own to die of. Where nothing has the ending of a
picture, no process is started: the look takes a fraction of a millisecond.
"""

_NAMED = re.compile(rb"([A-Za-z0-9+/]+={0,2}):([A-Za-z0-9+/]*={0,2})")
_ENDED = re.compile(rb"[0-9]{1,9}")
_UNREADABLE = "what it saved could not be read: no picture was kept"


class Found(NamedTuple):
    """The pictures of one program, and a note on what was left out."""

    files: tuple[SavedFile, ...] = ()
    note: str | None = None


def around(command: Sequence[str]) -> list[str]:
    """The command inside the shell that hands on what it saved; standard input is the pipe to write to."""
    return ["/bin/sh", "-c", SHELL, "sh", *command]


def read(stream: bytes, *, cut: bool = False) -> Found:
    """What came out of the pipe. `cut`: there was more than `STREAM` bytes of it."""
    if not stream:
        return Found()
    words = b"".join(stream.split())
    whole = not cut and words.startswith(b"<") and words.endswith(b">") and words.count(b";") <= MOST
    *pairs, last = words[1:-1].split(b";") if whole else [b""]
    if not _ENDED.fullmatch(last):
        return Found(note=_UNREADABLE)
    try:
        saved = [_saved(pair) for pair in pairs]
    except ValueError:
        return Found(note=_UNREADABLE)
    files = tuple(file for file in saved if file is not None)
    if sum(file.size for file in files) > ROOM:
        return Found(note=_UNREADABLE)
    return Found(files, _note(int(last), len(saved) - len(files)))


def _saved(pair: bytes) -> SavedFile | None:
    """One file; None where its bytes are no picture. Raises ValueError where the shell cannot have written this."""
    if not (found := _NAMED.fullmatch(pair)):
        raise ValueError("no name and bytes in base64")
    name, data = (base64.b64decode(word, validate=True) for word in found.groups())
    if b"/" in name or b"\0" in name:
        raise ValueError("a path is no name")
    if (kind := _kind(data)) is None:
        return None
    # A name is shown on one line by everything that shows it: what would break or turn that line is replaced.
    shown = "".join(one if one.isprintable() else "\ufffd" for one in name.decode("utf-8", "replace"))
    return SavedFile(name=shown, mime_type=kind, content=base64.b64encode(data).decode())


def _kind(data: bytes) -> str | None:
    """The type of a picture by its first bytes (the PNG, JFIF, GIF and WebP specifications); None for other files."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def _note(left: int, others: int) -> str | None:
    notes = []
    if left:
        notes.append(f"{left} more picture{'s were' if left > 1 else ' was'} not kept")
    if others:
        notes.append(f"{others} saved file{'s are' if others > 1 else ' is'} no picture of a known kind")
    return "; ".join(notes) or None
