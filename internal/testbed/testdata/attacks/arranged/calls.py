# Make the calls of the input and say what came of each.


def main(calls):
    return [call(c["call"], *c["args"]) for c in calls]
