# After that one the next run finds an empty directory.
# before: deep_directories_go_away.py
# result: {"files": [], "cwd": true}


def main():
    return {"files": os.listdir("."), "cwd": os.getcwd().startswith("/")}
