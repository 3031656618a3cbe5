"""Make matplotlib's list of fonts from those it brings along.

sys.argv: the directory of the packages, the directory for the list. A private
root has no other fonts, so the host's, which matplotlib would list by path, are
left out.
"""

import os
import sys

packages, target = sys.argv[1:]
sys.path.append(packages)
os.environ["MPLCONFIGDIR"] = target
os.environ["MPLBACKEND"] = "agg"

import matplotlib.font_manager as fm  # noqa: E402 - it reads what is set above

find = fm.findSystemFonts
fm.findSystemFonts = lambda fontpaths=None, fontext="ttf": sorted(find(fontpaths, fontext)) if fontpaths else []
fm.json_dump(fm.FontManager(), os.path.join(target, "fontlist-v%s.json" % fm.FontManager.__version__))
for name in os.listdir(target):
    if not name.endswith(".json"):
        os.unlink(os.path.join(target, name))
