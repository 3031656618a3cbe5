"""Make matplotlib's list of fonts from those it and other packages bring along.

sys.argv: the directory of the packages, the directory for the list. A private
root has no other fonts, so the host's, which matplotlib would list by path, are
left out.
"""

import dataclasses
import glob
import os
import sys

packages, target = sys.argv[1:]
sys.path.append(packages)
os.environ["MPLCONFIGDIR"] = target
os.environ["MPLBACKEND"] = "agg"

import matplotlib.font_manager as fm  # noqa: E402 - it reads what is set above

find = fm.findSystemFonts
fm.findSystemFonts = lambda fontpaths=None, fontext="ttf": sorted(find(fontpaths, fontext)) if fontpaths else []
manager = fm.FontManager()
own = fm.mpl.get_data_path()
for pattern in "*/*.[ot]t[fc]", "*/fonts/*.[ot]t[fc]":
    for path in sorted(glob.glob(os.path.join(packages, pattern))):
        try:
            manager.addfont(path)
        except Exception:  # a bitmap, or no font at all
            continue
# By their place beside matplotlib: the directory may be moved.
manager.ttflist = [
    e if e.fname.startswith(own) else dataclasses.replace(e, fname=os.path.relpath(e.fname, own))
    for e in manager.ttflist
]
fm.json_dump(manager, os.path.join(target, "fontlist-v%s.json" % fm.FontManager.__version__))
for name in os.listdir(target):
    if not name.endswith(".json"):
        os.unlink(os.path.join(target, name))
