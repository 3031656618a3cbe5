# A library that asks for the home when it is imported; its chart as JSON.
# expect: {"type": "bar"}
import altair as alt


def main():
    return alt.Chart({"values": [{"a": 1}]}).mark_bar().encode(x="a:Q").to_dict()["mark"]
