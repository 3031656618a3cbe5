# Records sorted by age, then by name.
# expect: {"names": ["Bo", "Al", "Cy"]}
import numpy as np

def main():
    people = np.array([("Cy", 40), ("Al", 30), ("Bo", 25)], dtype=[("name", "U10"), ("age", "i4")])
    return {"names": np.sort(people, order=["age", "name"])["name"].tolist()}
