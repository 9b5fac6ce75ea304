"""File names for customer ids: safe on every file system, and never the same for two ids."""

import hashlib
import re

# Upper case alone: on many file systems a.html and A.html are one file.
_PLAIN = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,63}")
# Devices of Windows, and the index itself.
_TAKEN = re.compile(r"CON|PRN|AUX|NUL|(COM|LPT)[0-9]|INDEX")
# 40 characters are at most 160 bytes; a name may have 255.
_READABLE = 40


def file_name(customer_id: str) -> str:
    """A file name without suffix: the id itself where it is plain, else what is readable of it, ~ and a digest."""
    if _PLAIN.fullmatch(customer_id) and not _TAKEN.fullmatch(customer_id):
        return customer_id
    readable = re.sub(r"[^\w-]+", "_", customer_id)[:_READABLE].strip("_-")
    digest = hashlib.sha256(customer_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{readable}~{digest}"
