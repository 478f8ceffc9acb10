"""The pages on which people declare for themselves, and the notice that leads to them.

They are plain HTML from the server, in Chinese and English, without a script. Whoever has the link
may open them; what they do is `liangxin.declaring`.
"""

ROOT = "/declare"
MINE = f"{ROOT}/mine"
STYLE = f"{ROOT}/style.css"


def is_here(path: str) -> bool:
    """Tell whether a path belongs to these pages."""
    return path == ROOT or path.startswith(f"{ROOT}/")
